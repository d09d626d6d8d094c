// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "emulator/core/global_memory.h"
#include "emulator/core/grid.h"
#include "emulator/libcuda/api.h"

namespace emulator::libcuda {

struct Stream;

// Everything behind the driver's functions. Work runs in the call that submits it, so that a stream
// is always idle when a call returns.
struct State {
  State();

  const DeviceModel* device = nullptr;  // null: the environment names none that is known
  RunOptions options;
  GlobalMemory memory;
  CUresult sticky_error =
      kSuccess;  // of a failed launch: the context stays unusable, as on hardware
  std::map<Stream*, std::unique_ptr<Stream>> streams;
  std::recursive_mutex mutex;
};

State& state();

// Runs the body of a driver function: one call at a time, exceptions become results, and after a
// failed launch every call returns that failure.
CUresult guarded(const std::function<CUresult()>& body);

}  // namespace emulator::libcuda
