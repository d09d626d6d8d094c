// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "emulator/core/warp.h"

namespace emulator {

// The state space that an instruction names; kGeneric when it names none.
ptx::StateSpace space_of(const ptx::Form& form);

enum class Access : uint8_t { kRead, kWrite, kReadWrite };

// How the accesses of an instruction's lanes lie to each other: each behind the one of the lane
// before it (then all lanes are active), all in one place, or anyhow.
enum class Pattern : uint8_t { kContiguous, kUniform, kScattered };

// Host addresses of what the active lanes of an instruction access; of all lanes when kUniform.
struct HostAddresses {
  alignas(64) uint8_t* lane[kWarpSize];
  Pattern pattern;
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
