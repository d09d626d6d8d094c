// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "emulator/core/observer.h"

namespace emulator::trace {

// A stretch of a warp's life: it runs, or it waits. Times count the warp instructions that its
// host thread has run, so that they show what happens in turn and not how long it takes.
struct Slice {
  uint64_t grid = 0;
  std::string cta;  // "kernel (0, 0, 0)"
  uint32_t warp = 0;
  std::string name;
  int ptx_line = 0;
  uint64_t begin = 0;
  uint64_t end = 0;
};

// What warps did in turn, written as a Chrome trace when the process ends.
class TraceLog {
 public:
  explicit TraceLog(std::string path) : path_(std::move(path)) {}
  ~TraceLog();

  void add(std::vector<Slice> slices);
  std::string to_json() const;

 private:
  std::string path_;
  mutable std::mutex mutex_;
  std::vector<Slice> slices_;
};

}  // namespace emulator::trace
