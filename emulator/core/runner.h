// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "emulator/core/worker.h"

namespace emulator {

// A launch that can stop where it has to wait for the grids in front of it.
class LaunchRun {
 public:
  LaunchRun(Launch launch, const DeviceModel& device, const GlobalMemory& memory,
            const RunOptions& options, const GridOrder& order = {});

  // While grids in front are not complete: runs every thread until it ends, or waits at
  // griddepcontrol.wait or for one that does. Threads pass that instruction if the grid directly in
  // front is complete, even when others are not.
  void run_ahead(bool is_next_complete);
  // Whether the grids behind this one may begin: every CTA has said so or has ended.
  bool has_launched_dependents() const;
  bool is_complete() const;
  // Runs the rest on the host's cores. Throws the first Fault that any warp meets.
  LaunchCounts run_to_end();

 private:
  Launch launch_;
  std::vector<Allocation> allocations_;
  Grid grid_;
  WorkerShare share_;
  uint32_t num_workers_ = 1;
  std::vector<std::unique_ptr<Worker>> workers_;
};

// Runs a launch to its end on the host's cores. Throws the first Fault that any of its warps meets.
LaunchCounts run_launch(const Launch& launch, const DeviceModel& device, const GlobalMemory& memory,
                        const RunOptions& options);

// How many CTAs of the launch one SM of the device holds at a time; 0: not even one.
uint32_t ctas_per_sm(const Program& program, const DeviceModel& device, uint32_t threads_per_cta,
                     uint32_t dynamic_shared_bytes);

}  // namespace emulator
