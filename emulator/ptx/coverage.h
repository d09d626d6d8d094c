// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace emulator::ptx {

// The instruction table as Markdown: one section per section of the manual, one row per line of it.
std::string coverage_markdown();

}  // namespace emulator::ptx
