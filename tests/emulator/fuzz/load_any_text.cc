// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/fuzz/load_any_text.h"

#include "emulator/ptx/parser.h"

namespace emulator::ptx {

bool load_any_text(const std::string& text) {
  try {
    load_module(text);
    return true;
  } catch (const LoadError&) {
    return false;
  }
}

}  // namespace emulator::ptx
