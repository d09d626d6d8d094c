// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "emulator/core/warp.h"

namespace emulator {

// Gives a warp its turn: runs its groups of lanes, the one at the lowest instruction first, until
// all of them wait or `quantum` instructions have run. Returns how many have.
uint64_t run_turn(Warp& warp, uint64_t quantum);

}  // namespace emulator
