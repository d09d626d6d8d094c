// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <atomic>

#include "emulator/core/cta.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

Outcome take_branch(Warp&, const Instruction&, LaneMask) {
  return Outcome::kBranch;
}
Outcome end_threads(Warp&, const Instruction&, LaneMask) {
  return Outcome::kExit;
}
Outcome do_nothing(Warp&, const Instruction&, LaneMask) {
  return Outcome::kNext;
}
Outcome let_others_run(Warp&, const Instruction&, LaneMask) {
  return Outcome::kYield;
}

// Emulated memory has no delayed writes; only the host threads have to see them in order.
Outcome order_memory(Warp&, const Instruction&, LaneMask) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return Outcome::kNext;
}

Outcome stop(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  warp.fail(FaultKind::kTrap, instruction, "the kernel stopped itself", lowest_lane(lanes));
}

Outcome wait_for_earlier_grids(Warp& warp, const Instruction&, LaneMask) {
  LaneGroup& group = warp.current();
  if (!warp.cta().cluster.grid.dependencies_are_complete) {
    group.wait = {Wait::Kind::kGridDependency, 0, 0};
    return Outcome::kStall;
  }
  group.wait = {};
  return Outcome::kNext;
}

// The first thread of a CTA speaks for all of them.
Outcome launch_dependents(Warp& warp, const Instruction&, LaneMask) {
  Cta& cta = warp.cta();
  if (!cta.has_launched_dependents) {
    cta.has_launched_dependents = true;
    ++cta.cluster.grid.num_ctas_past_trigger;
  }
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute branch(const Instruction&) {
  return take_branch;
}
Execute exit_thread(const Instruction&) {
  return end_threads;
}
Execute no_effect(const Instruction&) {
  return do_nothing;
}
Execute yield_warp(const Instruction&) {
  return let_others_run;
}
Execute memory_fence(const Instruction&) {
  return order_memory;
}
Execute trap(const Instruction&) {
  return stop;
}

Execute grid_dependency_control(const Instruction& instruction) {
  return instruction.form->has("wait") ? wait_for_earlier_grids : launch_dependents;
}

}  // namespace handlers
}  // namespace emulator
