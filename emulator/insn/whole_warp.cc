// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/whole_warp.h"

#include "emulator/insn/scalar_loop.h"
#include "emulator/insn/synchronisation.h"

namespace emulator {

Outcome gather_whole_warp(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const LaneMask ended = ~warp.live_lanes();
  if (ended != 0) {
    warp.fail(FaultKind::kWarpMisuse, instruction,
              "all 32 lanes of the warp must execute the instruction; this one has ended or does "
              "not exist",
              lowest_lane(ended));
  }
  const LaneMask off = warp.current().lanes & ~lanes;
  if (off != 0) {
    warp.fail(FaultKind::kWarpMisuse, instruction,
              "all 32 lanes of the warp must execute the instruction; this one is predicated off",
              lowest_lane(off));
  }
  return gather_members(warp, instruction, lanes, kAllLanes);
}

uint64_t read_uniform_operand(const Warp& warp, const Instruction& instruction, const Row& row) {
  const uint64_t value = read_lane(warp, row, 0);
  for (int lane = 1; lane < kWarpSize; ++lane) {
    if (read_lane(warp, row, lane) == value) continue;
    warp.fail(FaultKind::kWarpMisuse, instruction,
              "an operand differs between lanes that must agree on it", lane);
  }
  return value;
}

int64_t read_immediate(const Warp& warp, const Row& row) {
  return row.is_absent() ? 0 : static_cast<int32_t>(read_lane(warp, row, 0));
}

}  // namespace emulator
