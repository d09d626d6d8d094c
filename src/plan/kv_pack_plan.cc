// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/kv_pack_plan.h"

#include <algorithm>

#include "plan/check_problem.h"
#include "plan/element.h"
#include "plan/vector_elements.h"

namespace mla {

namespace {

// Loads of k_nope and v that a lane has in flight. Four and eight are equally fast on an H200 (4.17
// and 4.16 TB/s at 8192 tokens of 128 heads, 2026-11); two lose 5 % and one a quarter.
constexpr std::int64_t kLoadsPerLane = 4;
constexpr std::int64_t kMaxHeadsPerWarp = 16;

// Few enough heads for the loads in flight, and as many in the last group as in the others.
int heads_per_warp(const KvPackProblem& problem, int vector_elements) {
  const std::int64_t elements_per_head = problem.nope_dim + problem.v_dim;
  const std::int64_t wanted = kLoadsPerLane * 32 * vector_elements / elements_per_head;
  const std::int64_t most = std::clamp<std::int64_t>(wanted, 1, kMaxHeadsPerWarp);
  const std::int64_t num_heads = std::max(problem.num_heads, 1);
  return static_cast<int>(ceil_div(num_heads, ceil_div(num_heads, most)));
}

}  // namespace

KvPackPlan plan_kv_pack(const KvPackProblem& problem, const DeviceFacts& device) {
  check_problem(problem);
  check_device(device);
  KvPackPlan plan;
  KvPackConfig& config = plan.config;
  config.dtype = element_type(problem.dtype);
  config.out_dtype = element_type(problem.out_dtype);
  config.nope_dim = problem.nope_dim;
  config.rope_dim = problem.rope_dim;
  config.v_dim = problem.v_dim;
  config.vector_elements =
      common_vector({problem.nope_dim, problem.rope_dim, problem.v_dim}, problem.vector_elements);
  config.heads_per_warp = heads_per_warp(problem, config.vector_elements);
  plan.num_head_groups = ceil_div(std::max(problem.num_heads, 1), config.heads_per_warp);
  plan.num_warps = problem.num_tokens * plan.num_head_groups;
  check_kernel_items("kv_pack", plan.num_warps);
  plan.grid.x = ceil_div(plan.num_warps, config.warps_per_block);
  return plan;
}

}  // namespace mla
