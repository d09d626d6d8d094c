// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/cluster_runner.h"

#include "emulator/check/leftovers.h"
#include "emulator/core/deadlock.h"
#include "emulator/core/interpreter.h"
#include "emulator/insn/mbarrier_access.h"

namespace emulator {
namespace {

// A try_wait may give up after a time. Programs that only try again come back to the same place, so
// after this many times without any other event the cluster is stuck.
constexpr int kMaxTimeOuts = 64;

void check_tensor_memory_is_free(const Cluster& cluster) {
  for (const auto& cta : cluster.ctas) {
    for (const TensorMemoryAllocation& kept : cta->tensor_core.memory.allocations()) {
      throw Fault(FaultKind::kTensorMemoryMisuse, kept.place,
                  std::to_string(kept.num_columns) +
                      " columns of tensor memory were not deallocated before the kernel ended");
    }
  }
}

}  // namespace

ClusterRunner::ClusterRunner(Grid& grid, uint64_t index, Schedule& schedule,
                             AllocationCache& allocations, Instruments& instruments)
    : cluster_(std::make_unique<Cluster>(grid, index, schedule, allocations)) {
  cluster_->observer = instruments.observer();
  cluster_->races = instruments.races();
  for (const auto& cta : cluster_->ctas) {
    for (const auto& warp : cta->warps) warps_.push_back(warp.get());
  }
}

uint64_t ClusterRunner::run_round() {
  const bool is_timed_out = cluster_->lets_waits_time_out;
  const uint64_t executed = run_turns();
  cluster_->lets_waits_time_out = false;
  waits_for_grids_ = false;
  if (cluster_->is_finished()) {
    finish();
  } else if (executed == 0) {
    if (cluster_->complete_one()) {
      num_time_outs_ = 0;
    } else if (has_wait(*cluster_, Wait::Kind::kGridDependency)) {
      waits_for_grids_ = true;
    } else {
      let_waits_time_out();
    }
  } else {
    if (!is_timed_out) num_time_outs_ = 0;
    if (cluster_->schedule.completes_between_turns()) cluster_->complete_one();
  }
  return executed;
}

uint64_t ClusterRunner::run_turns() {
  cluster_->schedule.order(warps_);
  uint64_t executed = 0;
  for (Warp* warp : warps_) {
    if (!warp->is_finished()) executed += run_turn(*warp, cluster_->schedule.quantum());
  }
  return executed;
}

void ClusterRunner::let_waits_time_out() {
  if (++num_time_outs_ > kMaxTimeOuts || !has_wait(*cluster_, Wait::Kind::kMbarrier)) {
    throw make_deadlock_fault(*cluster_);
  }
  cluster_->lets_waits_time_out = true;
}

void ClusterRunner::finish() {
  cluster_->async.complete_all();
  check_no_bytes_are_pending(*cluster_);
  if (cluster_->observer) cluster_->observer->on_cluster_end(*cluster_);
  check_tensor_memory_is_free(*cluster_);
  if (cluster_->grid.options.follows_manual) check::check_leftovers(*cluster_);
  for (const auto& cta : cluster_->ctas) {
    cluster_->grid.num_ctas_past_trigger += !cta->has_launched_dependents;
    ++cluster_->grid.num_ctas_ended;
  }
  is_finished_ = true;
}

void ClusterRunner::fail_over_budget() const {
  const Warp& warp = *warps_.front();
  const LaneGroup* group = warp.is_finished() ? nullptr : &const_cast<Warp&>(warp).groups().front();
  const Instruction& instruction = warp.program().code[group ? group->pc : 0];
  warp.fail(FaultKind::kBudget, instruction,
            "more than " + std::to_string(cluster_->grid.options.max_instructions) +
                " warp instructions in one launch");
}

}  // namespace emulator
