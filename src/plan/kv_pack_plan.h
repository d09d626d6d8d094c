// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "device/abi/kv_pack_config.h"
#include "mla/kv_pack.h"
#include "plan/grid.h"

namespace mla {

// What was chosen for a KvPackProblem on a device. A warp packs a group of heads of one token.
struct KvPackPlan {
  KvPackConfig config;  // what the kernel is compiled for
  std::int64_t num_head_groups = 1;
  std::int64_t num_warps = 0;  // num_tokens * num_head_groups
  Grid grid;
};

// Pure: depends on nothing but its arguments. Throws Error for a problem outside the contract.
KvPackPlan plan_kv_pack(const KvPackProblem& problem, const DeviceFacts& device);

}  // namespace mla
