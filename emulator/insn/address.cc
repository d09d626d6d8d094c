// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/memory_access.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

// Where the space's window of generic addresses begins; global addresses are their own.
uint64_t window_of(const ptx::Form& form) {
  switch (space_of(form)) {
    case ptx::StateSpace::kShared: return kSharedWindow;
    case ptx::StateSpace::kLocal: return kLocalWindow;
    case ptx::StateSpace::kParam: return kParamWindow;
    default: return 0;
  }
}

template <bool kToGeneric>
Outcome convert_address(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const uint64_t window = window_of(*instruction.form);
  for_each_lane(lanes, [&](int lane) {
    const uint64_t address = read_lane(warp, instruction.operands[1], lane);
    write_lane(warp, instruction.operands[0], lane,
               kToGeneric ? address + window : address - window);
  });
  return Outcome::kNext;
}

Outcome test_space(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const uint64_t window = window_of(*instruction.form);
  LaneMask result = 0;
  for_each_lane(lanes, [&](int lane) {
    const uint64_t address = read_lane(warp, instruction.operands[1], lane);
    const bool is_inside = window ? is_in_window(address, window) : is_global_address(address);
    result |= LaneMask{is_inside} << lane;
  });
  warp.set_predicate(instruction.operands[0], lanes, result);
  return Outcome::kNext;
}

// mapa d, a, rank: the same place in the shared memory of another CTA of the cluster.
Outcome map_rank(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const size_t cluster_size = warp.cta().cluster.ctas.size();
  for_each_lane(lanes, [&](int lane) {
    const uint64_t address = read_lane(warp, instruction.operands[1], lane);
    const uint64_t rank = read_lane(warp, instruction.operands[2], lane);
    if (rank >= cluster_size) {
      warp.fail(
          FaultKind::kOutOfBounds, instruction,
          "CTA rank " + std::to_string(rank) + " in a cluster of " + std::to_string(cluster_size),
          lane, address);
    }
    const uint64_t ranks = uint64_t{0xff} << kSharedRankShift;
    write_lane(warp, instruction.operands[0], lane, (address & ~ranks) | rank << kSharedRankShift);
  });
  return Outcome::kNext;
}

Outcome read_rank(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    const uint64_t address = read_lane(warp, instruction.operands[1], lane);
    write_lane(warp, instruction.operands[0], lane, (address >> kSharedRankShift) & 0xff);
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute address_to_generic(const Instruction&) {
  return convert_address<true>;
}
Execute address_from_generic(const Instruction&) {
  return convert_address<false>;
}
Execute address_is_in_space(const Instruction&) {
  return test_space;
}
Execute map_to_cluster_rank(const Instruction&) {
  return map_rank;
}
Execute get_cta_rank(const Instruction&) {
  return read_rank;
}

}  // namespace handlers
}  // namespace emulator
