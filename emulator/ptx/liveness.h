// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "emulator/ptx/module.h"

namespace emulator::ptx {

// Where a register holds a value that may still be read: instruction indices, both included.
struct LiveInterval {
  static constexpr uint32_t kNever = 0xffffffff;
  uint32_t first = kNever;
  uint32_t last = 0;
  bool is_live_at_entry = false;  // some path reads it before it is written

  bool is_used() const { return first != kNever; }
};

// For each register whether asynchronous operations read or write it after their issue.
std::vector<bool> find_asynchronous_registers(const Kernel& kernel);

// One interval per register of the kernel. A guarded write does not end the life of the old value,
// because lanes whose guard is false keep it.
std::vector<LiveInterval> find_live_intervals(const Kernel& kernel);

// The registers that may hold what was never written: those that some path reads before writing
// them, and those that are computed from them.
std::vector<bool> find_maybe_missing(const Kernel& kernel,
                                     const std::vector<LiveInterval>& intervals);

}  // namespace emulator::ptx
