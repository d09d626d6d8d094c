// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/decode_plan.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "check.h"
#include "plan/check_problem.h"
#include "plan/decode_score.h"
#include "plan/decode_tiles.h"
#include "plan/decode_workspace.h"
#include "plan/element.h"

namespace mla {

namespace {

constexpr int kMaxWaves = 4;

// The batch that tiles are chosen for under batch invariance.
constexpr std::int64_t kInvariantBatch = 64;
constexpr std::int64_t kInvariantSeqLen = 8192;

DecodePlan plan_with_tile(const DecodeProblem& problem, const DecodeTile& tile, Arch arch) {
  const RowTiling rows = tile_rows(problem.q_len, problem.num_heads, block_rows(tile));
  DecodePlan plan;
  plan.config = {.dtype = element_type(problem.dtype),
                 .latent_dim = problem.kv_lora_rank,
                 .rope_dim = problem.qk_rope_head_dim,
                 .page_size = problem.page_size,
                 .tile_rows = tile.rows,
                 .tile_kv = tile.keys,
                 .cluster_size = tile.cluster_size,
                 .loads_maximum = arch == Arch::kSm103};
  plan.num_rows = problem.q_len * problem.num_heads;
  plan.fold = rows.fold;
  plan.is_dense = rows.is_dense;
  plan.rows_per_tile = rows.rows_per_tile;
  plan.num_row_tiles = num_cluster_tiles(rows, tile);
  plan.tile_kv = tile.keys;
  plan.cluster_size = tile.cluster_size;
  return plan;
}

// Two warpgroups that take turns have the tensor cores busy where those are the limit: at several
// row tiles, which all read the same keys. They take their keys from the copy engine.
int score_groups(const DecodePlan& plan, const DeviceFacts& device) {
  const bool takes_turns = device.arch == Arch::kSm90 && size_bytes(plan.config.dtype) == 2 &&
                           plan.num_row_tiles > 1 && !gathers_keys(plan.config);
  return takes_turns ? 2 : 1;
}

// As many workers as fit into a wave with whole requests each, and with equal parts of one each.
std::vector<std::int64_t> aligned_counts(std::int64_t batch, std::int64_t max_in_wave) {
  if (batch == 0) return {};
  std::int64_t divisor = std::min(batch, max_in_wave);
  while (batch % divisor != 0) --divisor;
  if (max_in_wave < batch) return {divisor};
  return {divisor, max_in_wave / batch * batch};
}

// Whole waves of clusters, fewer workers for lines too short to be cut that often, and counts that
// cut equal requests nowhere or equally.
std::vector<std::int64_t> worker_counts(const DecodeProblem& problem, const DecodePlan& plan,
                                        const DeviceFacts& device) {
  const std::int64_t clusters = device.num_sms / plan.cluster_size;
  const std::int64_t max_workers = planned_line(problem, plan.tile_kv, 1).max_workers;
  std::vector<std::int64_t> counts;
  for (int waves = 1; waves <= kMaxWaves; ++waves) {
    const std::int64_t in_whole_waves = clusters * waves / plan.num_row_tiles;
    counts.push_back(std::clamp<std::int64_t>(in_whole_waves, 1, max_workers));
  }
  for (std::int64_t count = clusters / plan.num_row_tiles / 2; count >= 1; count /= 2) {
    counts.push_back(std::min(count, max_workers));
  }
  std::ranges::copy(aligned_counts(problem.batch, counts.front()), std::back_inserter(counts));
  return counts;
}

std::int64_t workspace_bytes(const DecodePlan& plan, const DeviceFacts& device) {
  if (device.arch != Arch::kCpu) {
    return decode_workspace(plan.num_workers, plan.num_rows, plan.config).bytes;
  }
  const std::int64_t state_bytes = kPartialStateFloats * std::int64_t{sizeof(float)};
  return (plan.num_workers - 1) * plan.num_rows * state_bytes;
}

void set_workers(DecodePlan& plan, const DecodeProblem& problem, const DeviceFacts& device,
                 std::int64_t num_workers) {
  plan.num_workers = static_cast<int>(num_workers);
  plan.splits_requests = num_workers > 1 && !problem.batch_invariant;
  plan.workspace_bytes = plan.splits_requests ? workspace_bytes(plan, device) : 0;
  const std::int64_t clusters = num_workers * plan.num_row_tiles;
  plan.grid.x = strided_grid(clusters, kMaxGridX / plan.cluster_size).x * plan.cluster_size;
}

bool is_legal(const DecodePlan& plan, const DecodeProblem& problem, const DeviceFacts& device) {
  return device.num_sms >= plan.cluster_size && plan.num_workers <= kMaxDecodeWorkers &&
         plan.workspace_bytes <= max_decode_workspace_bytes(problem, device);
}

std::vector<DecodePlan> legal_plans(const DecodeProblem& problem, const DeviceFacts& device,
                                    const std::vector<DecodeTile>& tiles) {
  std::vector<DecodePlan> plans;
  for (const DecodeTile& tile : tiles) {
    DecodePlan plan = plan_with_tile(problem, tile, device.arch);
    plan.config.score_groups = score_groups(plan, device);
    for (const std::int64_t num_workers : worker_counts(problem, plan, device)) {
      set_workers(plan, problem, device, num_workers);
      if (!is_legal(plan, problem, device)) continue;
      plan.modelled_seconds = modelled_seconds(plan, tile, problem, device);
      plans.push_back(plan);
    }
  }
  return plans;
}

// The fastest by the model; the first of equals.
DecodePlan fastest_plan(const DecodeProblem& problem, const DeviceFacts& device,
                        const std::vector<DecodeTile>& tiles) {
  const std::vector<DecodePlan> plans = legal_plans(problem, device, tiles);
  return *std::ranges::min_element(plans, {}, &DecodePlan::modelled_seconds);
}

// The one tile that does not follow from what else is in the batch.
std::vector<DecodeTile> invariant_tile(DecodeProblem problem, const DeviceFacts& device,
                                       std::vector<DecodeTile> tiles) {
  problem.batch = kInvariantBatch;
  problem.max_seq_len = kInvariantSeqLen;
  const DecodeConfig chosen = fastest_plan(problem, device, tiles).config;
  std::erase_if(tiles, [&](const DecodeTile& tile) { return tile.rows != chosen.tile_rows; });
  return tiles;
}

// What a plan is chosen by. A CPU's rates are measured and move with its load; a plan, and with it
// the order of a result's sums, must not.
DeviceFacts choosing_facts(DeviceFacts device) {
  if (device.arch != Arch::kCpu) return device;
  device.memory_bytes_per_second = 10e9 * device.num_sms;
  device.fp8_flops_per_second = device.fp16_flops_per_second = 80e9 * device.num_sms;
  return device;
}

}  // namespace

std::int64_t max_decode_workspace_bytes(const DecodeProblem& problem, const DeviceFacts& device) {
  return std::int64_t{device.num_sms} * problem.num_heads * problem.q_len * kPartialStateFloats *
         std::int64_t{sizeof(float)};
}

DecodePlan plan_decode(const DecodeProblem& problem, const DeviceFacts& device) {
  check_problem(problem);
  check_device(device);
  std::vector<DecodeTile> tiles =
      sensible_tiles(decode_tiles(device.arch, problem.dtype), problem.q_len, problem.num_heads);
  const DeviceFacts facts = choosing_facts(device);
  if (problem.batch_invariant) tiles = invariant_tile(problem, facts, std::move(tiles));
  return fastest_plan(problem, facts, tiles);
}

}  // namespace mla
