// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace emulator {

// Where printf in device code finds its arguments: one behind the other, each aligned to its size.
struct PrintArguments {
  std::function<uint32_t(uint64_t offset)> read_word;         // 32 bits
  std::function<uint64_t(uint64_t offset)> read_double_word;  // 64 bits
  std::function<std::string(uint64_t address)> read_string;
};

struct FormattedText {
  std::string text;
  int num_arguments = 0;
};

// What printf prints for a format; conversions that it does not have stay as they are written.
FormattedText format_text(const std::string& format, const PrintArguments& arguments);

}  // namespace emulator
