// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "emulator/core/cta.h"
#include "emulator/core/instruments.h"

namespace emulator {

// Runs one cluster in rounds: each warp gets a turn, then asynchronous work may complete.
class ClusterRunner {
 public:
  ClusterRunner(Grid& grid, uint64_t index, Schedule& schedule, AllocationCache& allocations,
                Instruments& instruments);

  // Returns how many instructions ran. Throws a deadlock Fault when nothing ever can again.
  uint64_t run_round();
  bool is_finished() const { return is_finished_; }
  // Whether nothing can run before earlier grids are complete.
  bool waits_for_grids() const { return waits_for_grids_; }
  [[noreturn]] void fail_over_budget() const;

 private:
  uint64_t run_turns();
  void finish();
  void let_waits_time_out();

  std::unique_ptr<Cluster> cluster_;
  std::vector<Warp*> warps_;
  bool is_finished_ = false;
  bool waits_for_grids_ = false;
  int num_time_outs_ = 0;
};

}  // namespace emulator
