// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace emulator {

// Whether tensor cores add products as silicon adds them, or in plain f32: faster, and rounded
// elsewhere.
enum class Arithmetic : uint8_t { kExact, kFast };

// "exact" or "fast"; false when the text is neither.
inline bool parse_arithmetic(std::string_view text, Arithmetic& arithmetic) {
  if (text != "exact" && text != "fast") return false;
  arithmetic = text == "exact" ? Arithmetic::kExact : Arithmetic::kFast;
  return true;
}

}  // namespace emulator
