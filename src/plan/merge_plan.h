// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "device/abi/merge_config.h"
#include "mla/merge.h"
#include "plan/grid.h"

namespace mla {

// What was chosen for a MergeProblem on a device. A group of lanes merges an item: a (row, head)
// pair.
struct MergePlan {
  MergeConfig config;  // what the kernel is compiled for
  std::int64_t num_items = 0;
  Grid grid;
};

// Pure: depends on nothing but its arguments. Throws Error for a problem outside the contract.
MergePlan plan_merge(const MergeProblem& problem, const DeviceFacts& device);

}  // namespace mla
