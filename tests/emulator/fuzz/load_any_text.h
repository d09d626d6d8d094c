// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace emulator::ptx {

// Loads a text that may be anything; true when it is a module. Whatever the text is, it is a module
// or refused with a LoadError; anything else that happens is a bug.
bool load_any_text(const std::string& text);

}  // namespace emulator::ptx
