// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "emulator/core/global_memory.h"
#include "emulator/core/grid.h"
#include "emulator/libcuda/api.h"
#include "emulator/trace/counters.h"
#include "emulator/trace/trace_log.h"

namespace emulator::libcuda {

struct Stream;

// What a launch with programmatic stream serialisation does before griddepcontrol.wait: comes after
// the grid in front, or before it, or either.
enum class DependentOrder { kSerial, kEarly, kRandom };

// Everything behind the driver's functions.
struct State {
  State();

  const DeviceModel* device = nullptr;  // null: the environment names none that is known
  RunOptions options;
  std::unique_ptr<trace::CounterLog> counters;  // null unless the environment asks for one
  std::unique_ptr<trace::TraceLog> trace;
  GlobalMemory memory;
  CUresult sticky_error =
      kSuccess;  // of a failed launch: the context stays unusable, as on hardware
  std::map<Stream*, std::unique_ptr<Stream>> streams;
  DependentOrder dependents = DependentOrder::kSerial;
  // Whether submitted work waits until the host waits for it. Otherwise it runs in the call that
  // submits it, and fails there.
  bool defers_work = false;
  std::optional<std::mt19937_64> random;  // of a random schedule: picks among streams

  bool chooses_early();
  std::recursive_mutex mutex;
};

State& state();

// Runs the body of a driver function: one call at a time, exceptions become results, and after a
// failed launch every call returns that failure.
CUresult guarded(const std::function<CUresult()>& body);

}  // namespace emulator::libcuda
