// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "emulator/core/cluster_runner.h"
#include "emulator/core/instruments.h"

namespace emulator {

// What the workers of a launch share.
struct WorkerShare {
  Grid& grid;
  std::atomic<uint64_t> next_cluster{0};
  std::atomic<bool> stops{false};
};

// Runs clusters of a launch on one host thread, one after the other; starts another one early when
// those that run might be waiting for it, up to what the device would hold.
class Worker {
 public:
  Worker(WorkerShare& share, uint64_t max_resident);

  // Returns when there is nothing left to run, or only clusters that wait for earlier grids; then
  // it can be called again once those are complete.
  void run();

 private:
  bool start_cluster();
  // Returns whether any instruction ran.
  bool run_round();
  bool only_waits_for_grids() const;
  void count(uint64_t executed, const ClusterRunner& runner);

  WorkerShare& share_;
  uint64_t max_resident_;
  AllocationCache allocations_;
  Instruments instruments_;
  std::unique_ptr<Schedule> schedule_;
  std::vector<std::unique_ptr<ClusterRunner>> active_;
  int rounds_since_start_ = 0;
};

}  // namespace emulator
