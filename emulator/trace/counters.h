// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "emulator/core/grid.h"
#include "emulator/trace/pipe.h"

namespace emulator::trace {

// What the warps of one index did, summed over the CTAs of a launch.
struct WarpCounters {
  std::array<uint64_t, kNumPipes> warp_instructions{};  // with at least one active lane
  uint64_t thread_instructions = 0;                     // active lanes, summed over those
  uint64_t global_load_bytes = 0;   // that lanes asked for, also when several ask for the same
  uint64_t global_store_bytes = 0;  // with atomics
  uint64_t global_sectors = 0;      // different 32-byte pieces, for each instruction
  uint64_t shared_load_bytes = 0;
  uint64_t shared_store_bytes = 0;
  uint64_t shared_wavefronts = 0;  // see count_wavefronts
  uint64_t shared_ideal_wavefronts = 0;
  uint64_t async_load_bytes = 0;   // global memory that units read for the warp, as they read it
  uint64_t async_store_bytes = 0;  // and that they write
  uint64_t barrier_waits = 0;      // synchronising instructions that could not go on at once
  std::map<std::string, uint64_t> tensor_instructions;  // warp instructions by their full opcode
  std::vector<bool> has_run;  // by instruction: which part of the program these warps ran

  void add(const WarpCounters& other);
};

struct LaunchCounters {
  std::string kernel;
  Extent grid;
  Extent block;
  Extent cluster;
  std::vector<WarpCounters> warps;  // by index in the CTA
};

// The launches of a process, written as JSON when it ends. Warps that ran the same part of the
// program are one role.
class CounterLog {
 public:
  explicit CounterLog(std::string path) : path_(std::move(path)) {}
  ~CounterLog();

  // Several host threads may add what they counted of one launch, by its grid id.
  void add(uint64_t grid_id, const LaunchCounters& counters);
  std::string to_json() const;

 private:
  std::string path_;
  mutable std::mutex mutex_;
  std::map<uint64_t, LaunchCounters> launches_;
};

}  // namespace emulator::trace
