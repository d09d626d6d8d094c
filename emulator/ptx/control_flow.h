// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "emulator/ptx/module.h"

namespace emulator::ptx {

// A run of instructions that is entered only at its first and left only at its last one.
struct BasicBlock {
  uint32_t begin = 0;  // instruction indices, [begin, end)
  uint32_t end = 0;
  std::vector<uint32_t> successors;  // block indices
};

// The blocks of a kernel in the order of the text; block 0 is the entry. Empty for an empty kernel.
std::vector<BasicBlock> find_blocks(const Kernel& kernel);

}  // namespace emulator::ptx
