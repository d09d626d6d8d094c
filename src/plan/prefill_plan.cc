// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/prefill_plan.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "plan/check_problem.h"
#include "plan/element.h"
#include "plan/roofline.h"

namespace mla {

namespace {

struct PrefillTile {
  int queries;
  int keys;
  bool hides_exp;  // the softmax of one half of the queries runs behind the products of the other
};

// Small tiles waste less on short requests; large ones have two halves that take turns.
std::vector<PrefillTile> prefill_tiles(Arch arch) {
  switch (arch) {
    case Arch::kCpu: return {{64, 64, false}};
    case Arch::kSm90: return {{64, 128, false}, {128, 128, true}};
    case Arch::kSm100:
    case Arch::kSm103: return {{128, 128, false}, {256, 128, true}};
  }
  return {};
}

std::int64_t max_num_items(const PrefillProblem& problem, const PrefillTile& tile) {
  const std::int64_t partly_filled = std::min(problem.batch, problem.total_q);
  return (problem.total_q / tile.queries + partly_filled) * problem.num_q_heads;
}

// The products and exponentials of all tiles, padding included, spread evenly over the device.
double modelled_seconds(const PrefillProblem& problem, const PrefillTile& tile,
                        const DeviceFacts& device) {
  if (problem.batch == 0 || problem.total_q == 0) return 0;
  const Roofline least = roofline(problem, device);
  const double q_len = static_cast<double>(problem.total_q) / static_cast<double>(problem.batch);
  const double padded = std::ceil(q_len / tile.queries) * tile.queries / q_len;
  const double products = least.compute_seconds * padded;
  const double exponentials = least.exp_seconds * padded;
  const double busy = tile.hides_exp ? std::max(products, exponentials) : products + exponentials;

  const double num_items =
      std::ceil(q_len / tile.queries) * static_cast<double>(problem.batch) * problem.num_q_heads;
  const double waves = std::ceil(num_items / device.num_sms);
  const double last_wave_is_full = waves * device.num_sms / num_items;
  return std::max(busy * last_wave_is_full, least.memory_seconds);
}

PrefillPlan plan_with_tile(const PrefillProblem& problem, const PrefillTile& tile,
                           const DeviceFacts& device) {
  PrefillPlan plan;
  plan.config = {.dtype = element_type(problem.dtype),
                 .out_dtype = element_type(problem.out_dtype),
                 .d_qk = problem.d_qk,
                 .d_v = problem.d_v,
                 .tile_q = tile.queries,
                 .tile_kv = tile.keys,
                 .is_causal = problem.is_causal};
  plan.max_num_items = max_num_items(problem, tile);
  plan.grid = strided_grid(plan.max_num_items, device.num_sms);
  plan.modelled_seconds = modelled_seconds(problem, tile, device);
  return plan;
}

}  // namespace

PrefillPlan plan_prefill(const PrefillProblem& problem, const DeviceFacts& device) {
  check_problem(problem);
  check_device(device);
  std::vector<PrefillPlan> plans;
  for (const PrefillTile& tile : prefill_tiles(device.arch)) {
    plans.push_back(plan_with_tile(problem, tile, device));
  }
  return *std::ranges::min_element(plans, {}, &PrefillPlan::modelled_seconds);
}

}  // namespace mla
