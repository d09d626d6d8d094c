// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/tensor_memory_window.h"

#include <array>

namespace emulator {
namespace {

constexpr uint32_t kWarpsPerWarpgroup = 4;

// The lanes that an address names, moved into the quarter of tensor memory that belongs to the
// warp. Hardware takes only the lane within the quarter from the address, and shipped kernels leave
// the rest zero; the manual wants the warp's own lanes, so another quarter is reported.
uint32_t find_lane(const Warp& warp, const Instruction& instruction, uint32_t lane,
                   const TensorMemoryShape& shape) {
  const uint32_t quarter = warp.id() % kWarpsPerWarpgroup * kWarpSize;
  const uint32_t within = lane % kWarpSize;
  const bool is_own =
      lane < TensorMemory::kNumLanes && (lane - within == quarter || lane - within == 0);
  if (!is_own || (within != 0 && (within != 16 || shape.num_lanes() != 16))) {
    warp.fail(FaultKind::kTensorMemoryMisuse, instruction,
              "lane " + std::to_string(lane) +
                  " of tensor memory, but this warp may access lanes " + std::to_string(quarter) +
                  " to " + std::to_string(quarter + kWarpSize - 1));
  }
  return quarter + within;
}

std::array<TensorMemoryRange, 2> ranges_of(const TensorMemoryWindow& window) {
  const TensorMemoryRange first{window.base.lane, window.shape.num_lanes(), window.base.column,
                                window.shape.num_columns()};
  TensorMemoryRange second = first;
  second.column += window.split;
  return {first, second};
}

void check_initialised(const Warp& warp, const Instruction& instruction,
                       const TensorMemoryWindow& window) {
  const uint32_t first_lane = window.base.lane / kWarpSize * kWarpSize;
  const uint32_t shift = window.base.lane - first_lane;
  const LaneMask needed = (window.shape.num_lanes() == 32 ? kAllLanes : 0xffffu) << shift;
  for (const TensorMemoryRange& range : ranges_of(window)) {
    for (uint32_t column = range.column; column < range.column + range.num_columns; ++column) {
      const LaneMask missing = needed & ~window.memory->initialised(column, first_lane);
      if (missing == 0) continue;
      const uint32_t lane = first_lane + static_cast<uint32_t>(lowest_lane(missing));
      warp.fail(FaultKind::kUninitialisedTensorMemory, instruction,
                "tensor memory lane " + std::to_string(lane) + " column " + std::to_string(column) +
                    " is read before anything was written there",
                -1, TensorMemoryAddress{lane, column}.bits());
    }
  }
}

// Loads and stores of a warp are not ordered with each other until it waits (ISA 9.7.16.6.4.2). A
// store that overwrites what the same warp has loaded is left alone: its data depend on the load.
void check_hazards(const Warp& warp, const Instruction& instruction, const TensorMemoryRange& range,
                   TensorMemoryUse use) {
  check_operations(warp, instruction, range, use == TensorMemoryUse::kStore);
  const PendingAccesses& accesses = warp.cta().tensor_core.accesses;
  const PendingAccess* pending = accesses.find(range, true);
  if (!pending && use == TensorMemoryUse::kStore) {
    pending = accesses.find_load_of_others(range, warp.id());
  }
  if (!pending) return;
  warp.fail(FaultKind::kAsyncMisuse, instruction,
            "warp " + std::to_string(pending->warp) + " has not waited for its tcgen05." +
                (pending->is_store ? "st" : "ld") + " of PTX line " +
                std::to_string(pending->ptx_line) + " of these columns");
}

}  // namespace

TensorMemoryWindow open_window(Warp& warp, const Instruction& instruction, const Row& address,
                               const TensorMemoryShape& shape, TensorMemoryUse use) {
  TensorCore& core = warp.cta().tensor_core;
  const auto given =
      TensorMemoryAddress::from_bits(read_uniform(warp, instruction, address, kAllLanes));
  TensorMemoryWindow window{&core.memory, shape, given, 0};
  window.base.lane = find_lane(warp, instruction, given.lane, shape);
  if (shape.kind() == TensorMemoryShape::Kind::k16x32bx2) {
    window.split = read_uniform(warp, instruction, (&address)[1], kAllLanes);
  }
  for (const TensorMemoryRange& range : ranges_of(window)) {
    check_allocated(warp, instruction, warp.cta(), range.column, range.num_columns);
    check_hazards(warp, instruction, range, use);
  }
  if (use == TensorMemoryUse::kLoad) check_initialised(warp, instruction, window);
  // Shipped kernels leave out waits where somebody uses the loaded value, or where the words that
  // were stored are loaded after a barrier.
  if (!warp.cta().cluster.grid.options.follows_manual) return window;
  const bool is_store = use == TensorMemoryUse::kStore;
  for (const TensorMemoryRange& range : ranges_of(window)) {
    core.accesses.add({warp.id(), is_store, range, instruction.line});
  }
  return window;
}

}  // namespace emulator
