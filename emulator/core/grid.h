// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "emulator/check/race_level.h"
#include "emulator/core/device_model.h"
#include "emulator/core/global_memory.h"
#include "emulator/core/program.h"
#include "emulator/core/schedule.h"
#include "emulator/numerics/arithmetic.h"

namespace emulator {

namespace check {
class EarlyAccesses;
}
namespace trace {
class CounterLog;
class TraceLog;
}  // namespace trace

struct Extent {
  uint32_t x = 1, y = 1, z = 1;

  uint64_t count() const { return uint64_t{x} * y * z; }
  bool operator==(const Extent&) const = default;
};

// What runs besides the kernel itself: how, how checked, how long.
struct RunOptions {
  ScheduleChoice schedule;
  uint32_t num_workers = 0;  // host threads; 0: one per core
  bool checks_registers = true;
  // Whether what the manual forbids, or leaves without a meaning, is reported where hardware is
  // known to bear it and kernels have shipped with it.
  bool follows_manual = true;
  Arithmetic arithmetic = Arithmetic::kExact;  // of tensor cores
  check::RaceLevel races = check::RaceLevel::kOff;
  trace::CounterLog* counters = nullptr;          // takes counts of every launch; null: none
  trace::TraceLog* trace = nullptr;               // takes what warps do in turn; null: none
  uint64_t max_instructions = uint64_t{1} << 40;  // of a launch, summed over its warps
};

struct Launch {
  const Program* program = nullptr;
  Extent grid;  // CTAs
  Extent block;
  Extent cluster;
  bool has_explicit_cluster = false;
  uint32_t dynamic_shared_bytes = 0;
  std::vector<uint8_t> parameters;  // the parameter space, as Program::parameters lays it out
};

// What a launch did.
struct LaunchCounts {
  uint64_t warp_instructions = 0;
  uint64_t ctas = 0;
};

// How a grid stands to those that are under way at the same time (programmatic dependent launch).
struct GridOrder {
  bool is_early = false;  // it begins before the grid in front of it is complete
  uint32_t position = 0;  // in the row of grids that overlap
  check::EarlyAccesses* early_accesses = nullptr;  // of that row; null when it is alone
};

// What all CTAs of a running launch share.
struct Grid {
  const Launch& launch;
  const DeviceModel& device;
  const RunOptions& options;
  const std::vector<Allocation>& allocations;
  GridOrder order;
  uint64_t id = 0;
  // Whether griddepcontrol.wait lets threads pass.
  bool dependencies_are_complete = true;
  bool runs_ahead = false;  // of some grid in front of it
  std::atomic<uint64_t> warp_instructions{0};
  std::atomic<uint64_t> num_ctas_past_trigger{0};  // launch_dependents issued, or ended
  std::atomic<uint64_t> num_ctas_ended{0};

  const Program& program() const { return *launch.program; }
};

}  // namespace emulator
