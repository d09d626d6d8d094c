// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/worker.h"

#include <algorithm>

namespace emulator {

Worker::Worker(WorkerShare& share, uint64_t max_resident)
    : share_(share),
      max_resident_(max_resident),
      allocations_(share.grid.allocations),
      instruments_(share.grid),
      schedule_(make_schedule(share.grid.options.schedule)) {}

void Worker::run() {
  while (!share_.stops && (!active_.empty() || start_cluster())) {
    const bool has_progress = run_round();
    std::erase_if(active_, [](const auto& runner) { return runner->is_finished(); });
    // A warp may spin on memory that a CTA not yet started writes.
    constexpr int kPatience = 8;
    const bool is_slow = ++rounds_since_start_ > kPatience;
    if (active_.empty() || (!is_slow && has_progress)) continue;
    if (!start_cluster() && only_waits_for_grids()) return;
  }
}

bool Worker::start_cluster() {
  if (active_.size() >= max_resident_) return false;
  const Launch& launch = share_.grid.launch;
  const uint64_t index = share_.next_cluster.fetch_add(1);
  if (index >= launch.grid.count() / launch.cluster.count()) return false;
  active_.push_back(
      std::make_unique<ClusterRunner>(share_.grid, index, *schedule_, allocations_, instruments_));
  rounds_since_start_ = 0;
  return true;
}

bool Worker::run_round() {
  bool has_progress = false;
  for (const auto& runner : active_) {
    const uint64_t executed = runner->run_round();
    has_progress |= executed > 0;
    count(executed, *runner);
  }
  return has_progress;
}

bool Worker::only_waits_for_grids() const {
  return std::ranges::all_of(active_, [](const auto& r) { return r->waits_for_grids(); });
}

void Worker::count(uint64_t executed, const ClusterRunner& runner) {
  const uint64_t total = share_.grid.warp_instructions.fetch_add(executed) + executed;
  if (total > share_.grid.options.max_instructions) runner.fail_over_budget();
}

}  // namespace emulator
