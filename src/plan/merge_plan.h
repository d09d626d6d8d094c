// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/merge_config.h"
#include "mla/merge.h"
#include "plan/grid.h"

namespace mla {

// What was chosen for a MergeProblem on a device.
struct MergePlan {
  MergeConfig config;  // what the kernel is compiled for
  Grid grid;  // blocks that take config.rows_per_block (row, head) pairs at a time, in turns
};

// Pure: depends on nothing but its arguments. Throws Error for a problem outside the contract.
MergePlan plan_merge(const MergeProblem& problem, const DeviceFacts& device);

}  // namespace mla
