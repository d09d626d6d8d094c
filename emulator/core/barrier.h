// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace emulator {

// A named barrier of a CTA (bar.sync, bar.arrive). It counts threads in whole warps.
struct NamedBarrier {
  uint32_t expected_threads = 0;  // 0: all threads of the CTA, or nobody has come yet
  uint32_t arrived_threads = 0;
  uint64_t generation = 0;  // how often it has opened

  bool is_in_use() const { return arrived_threads > 0; }
  void open() {
    arrived_threads = 0;
    expected_threads = 0;
    ++generation;
  }
};

// The barrier of a cluster; every thread that has not ended arrives, then waits.
struct ClusterBarrier {
  uint32_t arrived_lanes = 0;
  uint64_t generation = 0;
};

inline constexpr uint32_t kNumNamedBarriers = 16;

}  // namespace emulator
