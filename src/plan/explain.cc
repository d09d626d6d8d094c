// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <string>
#include <utility>
#include <vector>

#include "mla/error.h"
#include "plan/availability.h"
#include "plan/check_problem.h"
#include "plan/config_text.h"
#include "plan/decode_plan.h"
#include "plan/explanation.h"
#include "plan/kv_pack_plan.h"
#include "plan/merge_plan.h"
#include "plan/prefill_plan.h"
#include "plan/roofline.h"

// The questions about a problem that need no tensor: can it run, what would be chosen, what would
// it cost.
namespace mla {

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

template <typename Problem>
Verdict verdict(Op op, const Problem& problem, DType dtype, const DeviceFacts& device) {
  try {
    check_problem(problem);
    check_device(device);
  } catch (const Error& error) {
    return {false, error.what()};
  }
  return kernel_available(op, dtype, device.arch);
}

std::string plural(std::int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string row_tiles_text(const DecodePlan& plan) {
  const std::string blocks =
      plan.cluster_size == 1 ? "" : std::to_string(plan.cluster_size) + " x ";
  const std::string rows = plural(plan.num_row_tiles, "tile") + " of up to " + blocks +
                           plural(plan.rows_per_tile, "row");
  return rows +
         (plan.is_dense ? ", packed densely" : ", " + plural(plan.fold, "token") + " folded");
}

std::string workers_text(const DecodePlan& plan) {
  return std::to_string(plan.num_workers) + " per row tile, " +
         (plan.splits_requests ? "requests are split" : "no request is split");
}

std::string grid_text(const Grid& grid) {
  return plural(grid.x, "block");
}

Rows plan_rows(const DecodeProblem& problem, const DeviceFacts& device) {
  const DecodePlan plan = plan_decode(problem, device);
  return {{"config", config_text(plan.config)},
          {"rows", plural(plan.num_rows, "row") + " per request, " +
                       plural(problem.q_len, "token") + " x " + plural(problem.num_heads, "head")},
          {"row tiles", row_tiles_text(plan)},
          {"tile", std::to_string(plan.config.tile_rows) + " rows x " +
                       std::to_string(plan.tile_kv) + " keys"},
          {"cluster", plural(plan.cluster_size, "block")},
          {"workers", workers_text(plan)},
          {"grid", grid_text(plan.grid)},
          {"workspace", std::to_string(plan.workspace_bytes) + " bytes"},
          {"modelled time", format_seconds(plan.modelled_seconds)}};
}

Rows plan_rows(const PrefillProblem& problem, const DeviceFacts& device) {
  const PrefillPlan plan = plan_prefill(problem, device);
  return {{"config", config_text(plan.config)},
          {"tile", std::to_string(plan.config.tile_q) + " queries x " +
                       std::to_string(plan.config.tile_kv) + " keys"},
          {"work items", std::to_string(plan.max_num_items) + " at most"},
          {"grid", grid_text(plan.grid)},
          {"modelled time", format_seconds(plan.modelled_seconds)}};
}

Rows plan_rows(const KvPackProblem& problem, const DeviceFacts& device) {
  const KvPackPlan plan = plan_kv_pack(problem, device);
  return {{"config", config_text(plan.config)},
          {"tile", plural(plan.config.heads_per_warp, "head") + " of a token per warp"},
          {"grid", grid_text(plan.grid)}};
}

Rows plan_rows(const MergeProblem& problem, const DeviceFacts& device) {
  const MergePlan plan = plan_merge(problem, device);
  return {{"config", config_text(plan.config)},
          {"tile", plural(plan.config.items_per_block(), "(row, head) pair")},
          {"grid", grid_text(plan.grid)}};
}

// A problem outside the contract has a verdict and nothing else.
template <typename Problem>
Explanation explanation(Op op, const Problem& problem, const DeviceFacts& device) {
  Explanation result = {
      .op = name(op), .device = device.name, .verdict = can_implement(problem, device)};
  try {
    result.rows = plan_rows(problem, device);
  } catch (const Error&) {
    return result;
  }
  result.roofline = roofline(problem, device);
  return result;
}

}  // namespace

Verdict can_implement(const DecodeProblem& problem, const DeviceFacts& device) {
  return verdict(Op::kDecode, problem, problem.dtype, device);
}

Verdict can_implement(const PrefillProblem& problem, const DeviceFacts& device) {
  return verdict(Op::kPrefill, problem, problem.dtype, device);
}

Verdict can_implement(const KvPackProblem& problem, const DeviceFacts& device) {
  return verdict(Op::kKvPack, problem, problem.dtype, device);
}

Verdict can_implement(const MergeProblem& problem, const DeviceFacts& device) {
  return verdict(Op::kMerge, problem, problem.partial_dtype, device);
}

Explanation explain(const DecodeProblem& problem, const DeviceFacts& device) {
  return explanation(Op::kDecode, problem, device);
}

Explanation explain(const PrefillProblem& problem, const DeviceFacts& device) {
  return explanation(Op::kPrefill, problem, device);
}

Explanation explain(const KvPackProblem& problem, const DeviceFacts& device) {
  return explanation(Op::kKvPack, problem, device);
}

Explanation explain(const MergeProblem& problem, const DeviceFacts& device) {
  return explanation(Op::kMerge, problem, device);
}

std::int64_t decode_workspace_size(const DecodeProblem& problem, const DeviceFacts& device) {
  return plan_decode(problem, device).workspace_bytes;
}

}  // namespace mla
