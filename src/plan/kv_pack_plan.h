// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/kv_pack_config.h"
#include "mla/kv_pack.h"
#include "plan/grid.h"

namespace mla {

// What was chosen for a KvPackProblem on a device; rows are (token, head) pairs.
struct KvPackPlan {
  KvPackConfig config;  // what the kernel is compiled for
  Grid grid;            // blocks that take config.rows_per_block rows at a time, in turns
};

// Pure: depends on nothing but its arguments. Throws Error for a problem outside the contract.
KvPackPlan plan_kv_pack(const KvPackProblem& problem, const DeviceFacts& device);

}  // namespace mla
