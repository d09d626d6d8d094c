// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace emulator::check {

// Which findings are reported; each level includes those before it.
enum class RaceLevel : uint8_t {
  kOff,
  kError,  // two accesses, nothing orders them
  kProxy,  // ordered, but the proxy fence between ordinary and asynchronous access is missing
  // As kProxy, where memory is read and then overwritten; the tcgen05 fences between threads;
  // ordinary reads beside atomic writes of the same word: shipped kernels go without these.
  kPedantic,
};

// "off", "error", "proxy" (or "1") or "pedantic"; false for other texts.
bool parse_race_level(const std::string& text, RaceLevel& level);

}  // namespace emulator::check
