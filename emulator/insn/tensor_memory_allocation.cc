// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>

#include "emulator/core/cta.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/memory_access.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/insn/tensor_core_access.h"

namespace emulator {
namespace {

Outcome stall(Warp& warp, uint32_t num_columns) {
  warp.current().wait = {Wait::Kind::kTensorMemory, num_columns, 0};
  return Outcome::kStall;
}

[[noreturn]] void fail(const Warp& warp, const Instruction& instruction,
                       const std::string& message) {
  warp.fail(FaultKind::kTensorMemoryMisuse, instruction, message);
}

uint32_t read_num_columns(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const uint32_t count = read_uniform(warp, instruction, instruction.operands[1], lanes);
  if (const char* problem = TensorMemory::check_size(count)) {
    fail(warp, instruction, std::string(problem) + ", not " + std::to_string(count));
  }
  return count;
}

void check_permit(Warp& warp, const Instruction& instruction, uint32_t num_columns) {
  const TensorCore& core = warp.cta().tensor_core;
  if (core.has_relinquished) {
    fail(warp, instruction, "an allocation after tcgen05.relinquish_alloc_permit");
  }
  if (core.last_num_columns > 0 && num_columns > core.last_num_columns) {
    fail(warp, instruction,
         std::to_string(num_columns) + " columns, more than the " +
             std::to_string(core.last_num_columns) + " of the allocation before");
  }
}

// Writes the address where the program asked for it.
Outcome finish(Warp& warp, const Instruction& instruction, LaneMask lanes, uint32_t column) {
  TensorCore& core = warp.cta().tensor_core;
  const auto num_columns =
      static_cast<uint32_t>(read_lane(warp, instruction.operands[1], lowest_lane(lanes)));
  core.last_num_columns = num_columns;
  core.memory.allocate({column, num_columns, warp.place(instruction)});
  const ptx::StateSpace named = space_of(*instruction.form);
  uint8_t* destination = resolve_lane(
      warp, instruction, read_address(warp, instruction.operands[0], lowest_lane(lanes)),
      lowest_lane(lanes), named, sizeof(uint32_t), Access::kWrite);
  const uint32_t address = TensorMemoryAddress{0, column}.bits();
  std::memcpy(destination, &address, sizeof address);
  warp.current().wait = {};
  return Outcome::kNext;
}

// tcgen05.alloc.cta_group::1 [destination], columns
Outcome allocate(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_tensor_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  use_cta_group(warp, instruction, 1);
  const uint32_t num_columns = read_num_columns(warp, instruction, lanes);
  check_permit(warp, instruction, num_columns);
  const auto column = warp.cta().tensor_core.memory.find_space(num_columns);
  if (!column) return stall(warp, num_columns);
  return finish(warp, instruction, lanes, *column);
}

// The lowest columns that are free in both CTAs.
std::optional<uint32_t> find_common_space(const TensorCore& a, const TensorCore& b,
                                          uint32_t num_columns) {
  for (uint32_t column = 0; column + num_columns <= TensorMemory::kNumColumns;
       column += TensorMemory::kColumnGranule) {
    if (a.memory.is_free(column, num_columns) && b.memory.is_free(column, num_columns)) {
      return column;
    }
  }
  return std::nullopt;
}

// Both warps have come: gives each of them the same columns, when there are any.
void match_allocations(Warp& warp, const Instruction& instruction, TensorCore& own,
                       TensorCore& peer) {
  PairAllocation& request = *own.pair_allocation;
  if (!peer.pair_allocation || request.column || peer.pair_allocation->column) return;
  if (request.num_columns != peer.pair_allocation->num_columns) {
    fail(warp, instruction,
         std::to_string(request.num_columns) + " columns, but the peer CTA asks for " +
             std::to_string(peer.pair_allocation->num_columns));
  }
  request.column = find_common_space(own, peer, request.num_columns);
  peer.pair_allocation->column = request.column;
}

// tcgen05.alloc.cta_group::2: a warp of each CTA of the pair takes part.
Outcome allocate_in_pair(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_tensor_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  use_cta_group(warp, instruction, 2);
  const uint32_t num_columns = read_num_columns(warp, instruction, lanes);
  check_permit(warp, instruction, num_columns);
  TensorCore& own = warp.cta().tensor_core;
  if (!own.pair_allocation) own.pair_allocation = {warp.id(), num_columns, {}};
  if (own.pair_allocation->warp != warp.id()) return stall(warp, num_columns);
  match_allocations(warp, instruction, own, peer_of(warp, instruction).tensor_core);
  if (!own.pair_allocation->column) return stall(warp, num_columns);
  const uint32_t column = *own.pair_allocation->column;
  own.pair_allocation.reset();
  return finish(warp, instruction, lanes, column);
}

void free_columns(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const uint32_t address = read_uniform(warp, instruction, instruction.operands[0], lanes);
  const uint32_t num_columns = read_num_columns(warp, instruction, lanes);
  TensorCore& core = warp.cta().tensor_core;
  check_idle(warp, instruction, address, num_columns);
  if (const char* problem = core.memory.deallocate(address, num_columns)) {
    warp.fail(FaultKind::kTensorMemoryMisuse, instruction, problem, -1, address);
  }
}

// tcgen05.dealloc.cta_group::1 address, columns
Outcome deallocate(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_tensor_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  use_cta_group(warp, instruction, 1);
  free_columns(warp, instruction, lanes);
  return Outcome::kNext;
}

// tcgen05.dealloc.cta_group::2 may wait for the peer CTA's warp or not (ISA 9.7.16.5); a program
// must be right either way, so the schedule chooses.
Outcome deallocate_in_pair(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_tensor_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  use_cta_group(warp, instruction, 2);
  Cta& cta = warp.cta();
  Cta& peer = peer_of(warp, instruction);
  LaneGroup& group = warp.current();
  const bool is_new = group.wait.kind != Wait::Kind::kTensorMemory;
  if (is_new) {
    free_columns(warp, instruction, lanes);
    ++cta.tensor_core.num_pair_deallocations;
    if (cta.cluster.schedule.completes_at_issue()) return Outcome::kNext;
    group.wait = {Wait::Kind::kTensorMemory, 0, cta.tensor_core.num_pair_deallocations};
  }
  if (peer.tensor_core.num_pair_deallocations < group.wait.ticket) return Outcome::kStall;
  group.wait = {};
  return Outcome::kNext;
}

template <int kCtaGroup>
Outcome relinquish(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_tensor_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  use_cta_group(warp, instruction, kCtaGroup);
  warp.cta().tensor_core.has_relinquished = true;
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute tensor_memory_alloc(const Instruction& instruction) {
  return instruction.form->has("cta_group::2") ? allocate_in_pair : allocate;
}
Execute tensor_memory_dealloc(const Instruction& instruction) {
  return instruction.form->has("cta_group::2") ? deallocate_in_pair : deallocate;
}
Execute tensor_memory_relinquish(const Instruction& instruction) {
  return instruction.form->has("cta_group::2") ? relinquish<2> : relinquish<1>;
}

}  // namespace handlers
}  // namespace emulator
