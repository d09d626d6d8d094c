// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/interpreter.h"

#include "emulator/core/cta.h"
#include "emulator/insn/register_count.h"
#include "emulator/insn/synchronisation.h"
#include "emulator/insn/wgmma.h"

namespace emulator {
namespace {

constexpr uint32_t kNoLimit = 0xffffffff;

enum class GroupResult { kStalled, kRegrouped, kTurnOver };

// Lanes that did not take part in an instruction go on behind it.
void split_others(Warp& warp, LaneMask lanes) {
  LaneGroup& group = warp.current();
  const LaneMask others = group.lanes & ~lanes;
  group.lanes = lanes;
  if (others != 0) warp.groups().push_back({group.pc + 1, others, {}});
}

GroupResult branch(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  split_others(warp, lanes);
  warp.current().pc = instruction.target;
  warp.regroup();
  return GroupResult::kRegrouped;
}

GroupResult exit(Warp& warp, LaneMask lanes) {
  check_bulk_groups_at_exit(warp, lanes);
  check_wgmma_at_exit(warp, lanes);
  check_register_requests_at_exit(warp, lanes);
  split_others(warp, lanes);
  warp.current().lanes = 0;
  warp.end_lanes(lanes);
  warp.regroup();
  release_barriers_after_exit(warp);
  return GroupResult::kRegrouped;
}

GroupResult stall(Warp& warp, LaneMask lanes) {
  if (warp.current().lanes == lanes) return GroupResult::kStalled;
  split_others(warp, lanes);
  warp.regroup();
  return GroupResult::kRegrouped;
}

Outcome execute_tracked(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  if (!warp.claims.is_empty()) warp.check_claims(instruction, lanes);
  const bool checks = warp.cta().cluster.grid.options.checks_registers;
  const LaneMask missing = checks ? warp.check_reads(instruction, lanes) : 0;
  const Outcome outcome = instruction.execute(warp, instruction, lanes);
  warp.mark_writes(instruction, lanes, missing);
  return outcome;
}

Outcome execute_observed(Warp& warp, Observer& observer, const Instruction& instruction,
                         LaneMask lanes) {
  observer.before(warp, instruction, lanes);
  const Outcome outcome = instruction.is_tracked ? execute_tracked(warp, instruction, lanes)
                                                 : instruction.execute(warp, instruction, lanes);
  observer.after(warp, instruction, lanes, outcome);
  return outcome;
}

// Runs the current group until it stalls, meets another group or uses up the turn.
template <bool kIsObserved>
GroupResult run_group(Warp& warp, uint32_t limit, uint64_t last) {
  const Instruction* code = warp.program().code.data();
  LaneGroup* group = &warp.current();
  while (warp.num_executed < last) {
    const Instruction& instruction = code[group->pc];
    const LaneMask lanes =
        group->lanes & (warp.predicate(instruction.guard) ^ instruction.guard_flip);
    ++warp.num_executed;
    if (instruction.is_guard_tracked) warp.check_guard(instruction, group->lanes);
    if (lanes == 0) {
      ++group->pc;
    } else {
      const Outcome outcome =
          kIsObserved ? execute_observed(warp, *warp.cta().cluster.observer, instruction, lanes)
          : instruction.is_tracked ? execute_tracked(warp, instruction, lanes)
                                   : instruction.execute(warp, instruction, lanes);
      switch (outcome) {
        case Outcome::kNext: ++group->pc; break;
        case Outcome::kBranch:
          if (lanes != group->lanes || limit != kNoLimit) return branch(warp, instruction, lanes);
          group->pc = instruction.target;
          break;
        case Outcome::kExit: return exit(warp, lanes);
        case Outcome::kStall: --warp.num_executed; return stall(warp, lanes);
        case Outcome::kRetry: warp.regroup(); return GroupResult::kRegrouped;
        case Outcome::kYield: ++group->pc; return GroupResult::kTurnOver;
      }
    }
    if (group->pc >= limit) {
      warp.regroup();
      return GroupResult::kRegrouped;
    }
  }
  return GroupResult::kTurnOver;
}

}  // namespace

uint64_t run_turn(Warp& warp, uint64_t quantum) {
  const uint64_t first = warp.num_executed;
  const uint64_t last = first + quantum;
  size_t group = warp.first_group < warp.groups().size() ? warp.first_group : 0;
  size_t num_stalled = 0;
  warp.first_group = 0;
  const auto run = warp.cta().cluster.observer ? run_group<true> : run_group<false>;
  while (num_stalled < warp.groups().size()) {
    warp.set_current(group);
    const bool is_highest = group + 1 == warp.groups().size();
    const uint32_t limit = is_highest && group == 0 ? kNoLimit
                           : is_highest             ? kNoLimit - 1
                                                    : warp.groups()[group + 1].pc;
    switch (run(warp, limit, last)) {
      case GroupResult::kStalled:
        ++num_stalled;
        group = (group + 1) % warp.groups().size();
        break;
      case GroupResult::kRegrouped:
        num_stalled = 0;
        group = 0;
        break;
      case GroupResult::kTurnOver:
        warp.first_group = group + 1;
        warp.regroup();
        return warp.num_executed - first;
    }
  }
  return warp.num_executed - first;
}

}  // namespace emulator
