// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "emulator/libcuda/api.h"

namespace emulator::libcuda {

using Work = std::function<void()>;

// Recorded work in the order in which it was submitted, which every dependency allows.
struct Graph {
  std::vector<Work> nodes;
};

struct Stream {
  std::shared_ptr<Graph> capture;  // what is submitted goes there while it is set
  bool is_capture_origin = false;
};

struct Event {
  std::chrono::steady_clock::time_point time{};
  bool is_recorded = false;
  std::shared_ptr<Graph> capture;  // the capture it was recorded in
};

// The stream of a handle; the null handle is the default stream. Null for an unknown handle.
Stream* find_stream(CUstream handle);

// Runs the work now, or records it when the stream is being captured.
CUresult submit(CUstream handle, Work work);

}  // namespace emulator::libcuda
