// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/warp.h"
#include "emulator/units/mbarrier.h"

namespace emulator {

class Cluster;

// Where an mbarrier lies: in whose shared memory, and at which offset.
struct MbarrierPlace {
  Cta* cta = nullptr;
  uint32_t offset = 0;
  uint64_t address = 0;  // as the lane gave it, in the shared window
};

// The place that an address operand names, checked for bounds and alignment.
MbarrierPlace find_mbarrier_place(Warp& warp, const Instruction& instruction, const Row& address,
                                  int lane);

// The live barrier there; reports an address where none was initialised.
Mbarrier& find_mbarrier(Warp& warp, const Instruction& instruction, const Row& address, int lane);

// The instruction changed the byte count of the barrier that the address names.
void remember_byte_count(Warp& warp, const Instruction& instruction, const Row& address, int lane);

// Reports a barrier that still expects bytes, or has more than it expected, when the cluster ends.
void check_no_bytes_are_pending(const Cluster& cluster);

}  // namespace emulator
