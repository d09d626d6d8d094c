// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/warp.h"

namespace emulator {

// For warp-wide instructions: kNext when all members of the mask are executing it now, else what
// the instruction has to return. Reports a mask that names an ended lane or leaves out a lane that
// executes the instruction.
Outcome gather_members(Warp& warp, const Instruction& instruction, LaneMask lanes,
                       LaneMask members);

// Barriers count threads that have not ended: opens those that only waited for the ended ones.
void release_barriers_after_exit(Warp& warp);

}  // namespace emulator
