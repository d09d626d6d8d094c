// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/warp.h"

namespace emulator {

// For instructions that all 32 lanes must execute together (.sync.aligned): kNext when they are
// here, else what the instruction has to return. Reports lanes that have ended, do not exist or are
// predicated off.
Outcome gather_whole_warp(Warp& warp, const Instruction& instruction, LaneMask lanes);

// The value of an operand that must be the same in all lanes.
uint64_t read_uniform_operand(const Warp& warp, const Instruction& instruction, const Row& row);

// The number of an immediate operand, 0 when it was left out.
int64_t read_immediate(const Warp& warp, const Row& row);

}  // namespace emulator
