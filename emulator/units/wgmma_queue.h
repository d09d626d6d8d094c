// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "emulator/check/access.h"
#include "emulator/core/async_queue.h"
#include "emulator/core/lanes.h"

namespace emulator {

struct Instruction;

inline constexpr uint32_t kWarpgroupWarps = 4;

// What wgmma.mma_async takes from scalar operands; the same in all warps of a warpgroup.
struct WgmmaScalars {
  uint64_t a_descriptor = 0;  // 0 when A lies in registers
  uint64_t b_descriptor = 0;
  bool accumulates = false;  // scale-d
  bool negates_a = false;
  bool negates_b = false;
  bool transposes_a = false;
  bool transposes_b = false;

  bool operator==(const WgmmaScalars&) const = default;
};

// A warp's part of A in registers: four words per lane, as they were at the issue.
using MatrixFragment = std::array<std::array<uint32_t, kWarpSize>, 4>;

// One wgmma.mma_async of a warpgroup, put together from the issues of its warps.
struct WgmmaOperation {
  const Instruction* instruction = nullptr;
  WgmmaScalars scalars;
  uint32_t num_warps = 0;  // that have issued it
  check::AsyncOperation accesses;
  std::array<MatrixFragment, kWarpgroupWarps> a_fragments;
};

// The operations of one warpgroup in the order of their issue. An operation begins when all four
// warps have issued it.
class WgmmaQueue {
 public:
  // The warp's part of its operation number `index`, counted from 0. Returns what is wrong when
  // the other warps have issued something else, null otherwise.
  const char* join(uint64_t index, const Instruction& instruction, const WgmmaScalars& scalars,
                   uint32_t warp_in_group, const MatrixFragment& a_fragment);
  // The operation that a warp has joined last.
  WgmmaOperation& joined(uint64_t index) { return gathering_[index - num_taken_]; }
  // The oldest operation if all warps have issued it; it leaves the queue.
  std::optional<WgmmaOperation> take_complete();

  void note_completion() { ++num_completed_; }
  uint64_t num_completed() const { return num_completed_; }

  // Hardware completes them in order.
  AsyncQueue::Pipe pipe = 0;  // 0: none yet

 private:
  std::deque<WgmmaOperation> gathering_;
  uint64_t num_taken_ = 0;
  uint64_t num_completed_ = 0;
};

// What one warp has issued and waited for.
struct WgmmaProgress {
  uint64_t num_issued = 0;
  uint64_t num_waited = 0;
  std::deque<uint64_t> groups;  // num_issued at each commit that was not waited for
  uint64_t fence_time = 0;      // Warp::num_executed at the last wgmma.fence; 0: there was none
  const Instruction* last = nullptr;  // the last wgmma.mma_async

  uint64_t num_committed() const { return groups.empty() ? num_waited : groups.back(); }
};

}  // namespace emulator
