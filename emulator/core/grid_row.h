// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "emulator/check/early_accesses.h"
#include "emulator/core/runner.h"

namespace emulator {

// Launches of a stream each of which may begin before the one in front of it is complete
// (programmatic stream serialisation). They run in the order that shows most: what a grid does
// before griddepcontrol.wait comes before anything that the grid in front writes. That is legal,
// since those writes need not be visible earlier.
class GridRow {
 public:
  GridRow(std::vector<Launch> launches, const DeviceModel& device, const GlobalMemory& memory,
          const RunOptions& options);

  void run();

 private:
  // Begins grids from `position` on, each as soon as the one in front has launched its dependents.
  void start_early(size_t position);
  LaunchRun& make_run(size_t position);

  std::vector<Launch> launches_;
  const DeviceModel& device_;
  const GlobalMemory& memory_;
  const RunOptions& options_;
  std::vector<std::unique_ptr<LaunchRun>> runs_;  // null: not begun
  check::EarlyAccesses early_accesses_;
};

}  // namespace emulator
