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

// Reports lanes that end while bulk copies may still read their shared memory.
void check_bulk_groups_at_exit(Warp& warp, LaneMask lanes);

// Barriers count threads that have not ended: opens those that only waited for the ended ones.
void release_barriers_after_exit(Warp& warp);

}  // namespace emulator
