// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/decode_score.h"

#include <algorithm>
#include <cmath>

#include "device/abi/decode_work.h"
#include "plan/element.h"
#include "plan/roofline.h"

namespace mla {

namespace {

// Assumed, to be replaced by measurements of the kernels: how much faster than memory the L2 serves
// row tiles that read the same keys, and how many times its share of memory one SM alone can draw.
constexpr double kL2OverMemory = 1.25;
constexpr double kSmOverShare = 2.0;

// A second kernel in a graph costs this much (measured on an H200).
constexpr double kCombineLaunchSeconds = 0.6e-6;

double combine_seconds(const DecodePlan& plan, const KeyLine& line, const DeviceFacts& device) {
  if (!plan.splits_requests) return 0;
  const double num_partials =
      std::min<double>(plan.num_workers - 1, static_cast<double>(line.units));
  const double bytes = num_partials * plan.num_rows * kPartialStateFloats * sizeof(float);
  const double written_and_read = 2 * bytes;
  return kCombineLaunchSeconds + seconds_for(written_and_read, device.memory_bytes_per_second);
}

}  // namespace

KeyLine key_line(const DecodeProblem& problem, int tile_kv, std::int64_t num_workers) {
  const std::int64_t seq_len = std::max<std::int64_t>(problem.max_seq_len, 1);
  const std::int64_t batch = std::max<std::int64_t>(problem.batch, 1);
  const std::int64_t request = request_units(num_key_tiles(seq_len, tile_kv));
  if (problem.batch_invariant) {
    return {batch * request, batch, ceil_div(batch, num_workers) * request};
  }
  return {batch * request, batch * request, ceil_div(batch * request, num_workers)};
}

double modelled_seconds(const DecodePlan& plan, const DecodeTile& tile,
                        const DecodeProblem& problem, const DeviceFacts& device) {
  const KeyLine line = key_line(problem, plan.tile_kv, plan.num_workers);
  const double clusters = device.num_sms / tile.cluster_size;
  const double num_items = static_cast<double>(plan.num_row_tiles) * plan.num_workers;
  const double waves = std::ceil(num_items / clusters);
  const double cluster_share = tile.cluster_size / static_cast<double>(device.num_sms);

  const double row_dims = plan.config.qk_dim() + plan.config.latent_dim;
  const double unit_flops = 2 * row_dims * std::max(tile.rows, tile.full_rate_rows) * tile.keys;
  const double unit_bytes =
      static_cast<double>(tile.keys) * plan.config.qk_dim() * size_bytes(problem.dtype);

  const double memory = device.memory_bytes_per_second;
  const double flops = matrix_flops_per_second(problem.dtype, device);
  const double stretch = waves * static_cast<double>(line.longest_stretch);
  return std::max({
             seconds_for(static_cast<double>(line.units) * unit_bytes, memory),
             seconds_for(static_cast<double>(line.units) * unit_bytes * plan.num_row_tiles,
                         memory * kL2OverMemory),
             seconds_for(stretch * unit_bytes, memory * kSmOverShare * cluster_share),
             seconds_for(stretch * unit_flops, flops * cluster_share),
         }) +
         combine_seconds(plan, line, device);
}

}  // namespace mla
