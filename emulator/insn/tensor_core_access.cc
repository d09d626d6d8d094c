// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/tensor_core_access.h"

#include "emulator/insn/scalar_loop.h"
#include "emulator/insn/synchronisation.h"

namespace emulator {

Outcome gather_tensor_warp(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const LaneMask ended = ~warp.live_lanes();
  if (ended != 0) {
    warp.fail(FaultKind::kWarpMisuse, instruction,
              "all 32 lanes of the warp must execute the instruction, this one has ended",
              lowest_lane(ended));
  }
  const LaneMask off = warp.current().lanes & ~lanes;
  if (off != 0) {
    warp.fail(FaultKind::kWarpMisuse, instruction,
              "all 32 lanes of the warp must execute the instruction, this one is predicated off",
              lowest_lane(off));
  }
  return gather_members(warp, instruction, lanes, kAllLanes);
}

uint32_t read_uniform(Warp& warp, const Instruction& instruction, const Row& row, LaneMask lanes) {
  const uint64_t value = read_address(warp, row, lowest_lane(lanes));
  for_each_lane(lanes, [&](int lane) {
    if (read_address(warp, row, lane) != value) {
      warp.fail(FaultKind::kWarpMisuse, instruction,
                "the operand must have the same value in all lanes", lane);
    }
  });
  return static_cast<uint32_t>(value);
}

void use_cta_group(Warp& warp, const Instruction& instruction, int cta_group) {
  TensorCore& core = warp.cta().tensor_core;
  if (core.cta_group == 0) core.cta_group = cta_group;
  if (core.cta_group == cta_group) return;
  warp.fail(FaultKind::kTensorMemoryMisuse, instruction,
            ".cta_group::" + std::to_string(cta_group) +
                " in a kernel that has used .cta_group::" + std::to_string(core.cta_group));
}

Cta& peer_of(Warp& warp, const Instruction& instruction) {
  Cta* peer = warp.cta().cluster.find_cta(warp.cta().rank ^ 1);
  if (!peer) {
    warp.fail(FaultKind::kTensorMemoryMisuse, instruction,
              ".cta_group::2 in CTA rank " + std::to_string(warp.cta().rank) +
                  ", which has no peer in its cluster");
  }
  return *peer;
}

void check_operations(const Warp& warp, const Instruction& instruction,
                      const TensorMemoryRange& range, bool is_write) {
  TensorCore& core = warp.cta().tensor_core;
  TensorOperations& operations = warp.cta().cluster.tensor_operations;
  const TensorOperation* running = core.history.find_writer(range, operations);
  const bool writes = running != nullptr;
  if (!running && is_write) running = core.history.find_reader(range, operations);
  if (!running) return;
  warp.fail(FaultKind::kAsyncMisuse, instruction,
            "the operation of PTX line " + std::to_string(running->ptx_line) + " that " +
                (writes ? "writes" : "reads") +
                " these columns is not known to be done: nobody has waited for a tcgen05.commit "
                "behind it",
            -1, TensorMemoryAddress{range.lane, range.column}.bits());
}

void check_idle(Warp& warp, const Instruction& instruction, uint32_t column, uint32_t num_columns) {
  const TensorMemoryRange range{0, TensorMemory::kNumLanes, column, num_columns};
  check_operations(warp, instruction, range, true);
  for (const bool is_store : {false, true}) {
    const PendingAccess* access = warp.cta().tensor_core.accesses.find(range, is_store);
    if (!access) continue;
    warp.fail(FaultKind::kAsyncMisuse, instruction,
              "warp " + std::to_string(access->warp) + " has not waited for its tcgen05." +
                  (is_store ? "st" : "ld") + " of PTX line " + std::to_string(access->ptx_line));
  }
}

void check_allocated(const Warp& warp, const Instruction& instruction, const Cta& cta,
                     uint32_t column, uint32_t num_columns) {
  if (cta.tensor_core.memory.is_allocated(column, num_columns)) return;
  warp.fail(FaultKind::kTensorMemoryMisuse, instruction,
            "columns " + std::to_string(column) + " to " +
                std::to_string(uint64_t{column} + num_columns - 1) +
                " of tensor memory are not all allocated",
            -1, column);
}

}  // namespace emulator
