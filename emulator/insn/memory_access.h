// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "emulator/core/warp.h"

namespace emulator {

// The state space that an instruction names; kGeneric when it names none.
ptx::StateSpace space_of(const ptx::Form& form);

enum class Access : uint8_t { kRead, kWrite, kReadWrite };

// Host addresses of what the lanes of an instruction access.
struct HostAddresses {
  uint8_t* lane[kWarpSize];
};

// Finds where the lanes' addresses lie, `size` bytes each, and checks bounds, alignment and, for
// reads of shared memory, that something was written there. Throws a Fault that names the lane.
// Writes mark shared memory as initialised.
void resolve(Warp& warp, const Instruction& instruction, const Row& address, LaneMask lanes,
             ptx::StateSpace space, uint32_t size, Access access, HostAddresses& resolved);

// One address, for instructions that one lane executes for all.
uint8_t* resolve_lane(Warp& warp, const Instruction& instruction, uint64_t address, int lane,
                      ptx::StateSpace space, uint32_t size, Access access);

}  // namespace emulator
