// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/insn/synchronisation.h"

namespace emulator {
namespace {

// Waits until all lanes of the member mask are here. The mask is the same for all of them.
Outcome gather(Warp& warp, const Instruction& instruction, LaneMask lanes, const Row& mask_row,
               LaneMask& members) {
  members = static_cast<LaneMask>(read_lane(warp, mask_row, lowest_lane(lanes)));
  return gather_members(warp, instruction, lanes, members);
}

// vote.sync.all p, q, members
Outcome vote(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  LaneMask members = 0;
  const Outcome gathered = gather(warp, instruction, lanes, instruction.operands[2], members);
  if (gathered != Outcome::kNext) return gathered;
  const LaneMask votes = warp.predicate(instruction.operands[1]) & members;
  const ptx::Form& form = *instruction.form;
  const bool result = form.has("all")   ? votes == members
                      : form.has("any") ? votes != 0
                                        : votes == 0 || votes == members;
  warp.set_predicate(instruction.operands[0], lanes, result ? kAllLanes : 0);
  return Outcome::kNext;
}

Outcome ballot(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  LaneMask members = 0;
  const Outcome gathered = gather(warp, instruction, lanes, instruction.operands[2], members);
  if (gathered != Outcome::kNext) return gathered;
  const LaneMask votes = warp.predicate(instruction.operands[1]) & members;
  for_each_lane(lanes, [&](int lane) { write_lane(warp, instruction.operands[0], lane, votes); });
  return Outcome::kNext;
}

LaneMask lanes_with_value(const Warp& warp, const Row& row, LaneMask members, uint64_t value) {
  LaneMask equal = 0;
  for_each_lane(members,
                [&](int lane) { equal |= LaneMask{read_lane(warp, row, lane) == value} << lane; });
  return equal;
}

// match.any.sync d, a, members
Outcome match_any_value(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  LaneMask members = 0;
  const Outcome gathered = gather(warp, instruction, lanes, operands[2], members);
  if (gathered != Outcome::kNext) return gathered;
  uint32_t results[kWarpSize];
  for_each_lane(lanes, [&](int lane) {
    results[lane] =
        lanes_with_value(warp, operands[1], members, read_lane(warp, operands[1], lane));
  });
  for_each_lane(lanes, [&](int lane) { write_lane(warp, operands[0], lane, results[lane]); });
  return Outcome::kNext;
}

// match.all.sync d|p, a, members
Outcome match_all_values(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  LaneMask members = 0;
  const Outcome gathered = gather(warp, instruction, lanes, operands[3], members);
  if (gathered != Outcome::kNext) return gathered;
  const uint64_t first = read_lane(warp, operands[2], lowest_lane(members));
  const bool all = lanes_with_value(warp, operands[2], members, first) == members;
  for_each_lane(lanes, [&](int lane) { write_lane(warp, operands[0], lane, all ? members : 0); });
  if (!operands[1].is_absent()) warp.set_predicate(operands[1], lanes, all ? kAllLanes : 0);
  return Outcome::kNext;
}

uint32_t reduce_two(std::string_view operation, bool is_signed, uint32_t a, uint32_t b) {
  const auto sa = static_cast<int32_t>(a);
  const auto sb = static_cast<int32_t>(b);
  if (operation == "add") return a + b;
  if (operation == "and") return a & b;
  if (operation == "or") return a | b;
  if (operation == "xor") return a ^ b;
  if (operation == "min")
    return is_signed ? static_cast<uint32_t>(std::min(sa, sb)) : std::min(a, b);
  return is_signed ? static_cast<uint32_t>(std::max(sa, sb)) : std::max(a, b);
}

// redux.sync d, a, members
Outcome reduce_members(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  LaneMask members = 0;
  const Outcome gathered = gather(warp, instruction, lanes, operands[2], members);
  if (gathered != Outcome::kNext) return gathered;
  const std::string_view operation = instruction.form->one_of("add|min|max|and|or|xor");
  const bool is_signed = instruction.form->type() == ptx::Type::kS32;
  const uint32_t* a = warp.words<uint32_t>(operands[1]);
  uint32_t result = a[lowest_lane(members)];
  for_each_lane(members & (members - 1),
                [&](int lane) { result = reduce_two(operation, is_signed, result, a[lane]); });
  for_each_lane(lanes, [&](int lane) { write_lane(warp, operands[0], lane, result); });
  return Outcome::kNext;
}

// elect.sync d|p, members: the lowest member is the leader.
Outcome elect(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  LaneMask members = 0;
  const Outcome gathered = gather(warp, instruction, lanes, operands[2], members);
  if (gathered != Outcome::kNext) return gathered;
  const int leader = lowest_lane(members);
  for_each_lane(
      lanes, [&](int lane) { write_lane(warp, operands[0], lane, static_cast<uint64_t>(leader)); });
  warp.set_predicate(operands[1], lanes, LaneMask{1} << leader);
  return Outcome::kNext;
}

Outcome read_active_mask(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) { write_lane(warp, instruction.operands[0], lane, lanes); });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute vote_predicate(const Instruction&) {
  return vote;
}
Execute vote_ballot(const Instruction&) {
  return ballot;
}
Execute match_any(const Instruction&) {
  return match_any_value;
}
Execute match_all(const Instruction&) {
  return match_all_values;
}
Execute active_mask(const Instruction&) {
  return read_active_mask;
}
Execute warp_reduce(const Instruction&) {
  return reduce_members;
}
Execute elect_leader(const Instruction&) {
  return elect;
}

}  // namespace handlers
}  // namespace emulator
