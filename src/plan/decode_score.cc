// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/decode_score.h"

#include <algorithm>

#include "device/abi/decode_work.h"
#include "plan/roofline.h"

namespace mla {

namespace {

// Assumed, to be replaced by measurements of the kernels: how much faster than memory the L2 serves
// row tiles that read the same keys.
constexpr double kL2OverMemory = 1.25;

// How many times its share of memory one of them alone can draw. An SM: once; FP8 decode of 64
// requests of 80K keys and 16 rows took 1255 us with 66 blocks, with 132 and 7 rows 740 us (H200,
// bench/results/h200/sweep.json of commit 4ca587d). A CPU's thread: assumed.
constexpr double kSmOverShare = 1.0;
constexpr double kThreadOverShare = 2.0;

// What a second kernel costs with its trips to memory, each row of a request that it has to put
// together (5 to 7 ns with 512 keys and 192 to 448 rows), one partial more of a request, and how
// fast it gets what the first kernel wrote (all measured on an H200; the rows in that sweep with an
// earlier merge, the rate of 1, 4, 16, 80K and 16, 1, 128, 8K in the log of
// docs/kernels/decode_sm90.md).
constexpr double kCombineSeconds = 3.5e-6;
constexpr double kCombinedRowSeconds = 6e-9;
constexpr double kCombinedPartialSeconds = 1e-8;
constexpr double kCombineBytesPerSecond = 4.6e12;

// Lengths to plan for when the caller names none.
constexpr std::int64_t kTypicalSeqLen = 8192;

double unit_bytes(const DecodePlan& plan) {
  return static_cast<double>(plan.tile_kv) * plan.config.qk_dim() * size_bytes(plan.config.dtype);
}

// Matrix work of a key tile, rows that the instructions pad included.
double unit_flops(const DecodePlan& plan, const DecodeTile& tile) {
  const double dims = plan.config.qk_dim() + plan.config.latent_dim;
  return 2 * dims * std::max(tile.rows, tile.full_rate_rows) * tile.keys;
}

// All keys once from memory, and once per row tile from the L2.
double stream_seconds(const DecodePlan& plan, const PlannedLine& line, const DeviceFacts& device) {
  const double bytes = static_cast<double>(line.units) * unit_bytes(plan);
  const double l2_bytes = bytes * static_cast<double>(plan.num_row_tiles);
  const double memory = device.memory_bytes_per_second;
  return std::max(seconds_for(bytes, memory), seconds_for(l2_bytes, memory * kL2OverMemory));
}

// The longest stretch, as often as a cluster of blocks gets one.
double busiest_worker_seconds(const DecodePlan& plan, const DecodeTile& tile,
                              const PlannedLine& line, const DecodeProblem& problem,
                              const DeviceFacts& device) {
  const std::int64_t clusters = device.num_sms / tile.cluster_size;
  const std::int64_t waves = ceil_div(plan.num_row_tiles * plan.num_workers, clusters);
  const double units = static_cast<double>(waves * line.longest_stretch);
  const double share = static_cast<double>(tile.cluster_size) / device.num_sms;
  const double over_share = device.arch == Arch::kCpu ? kThreadOverShare : kSmOverShare;
  const double bytes_per_second = device.memory_bytes_per_second * share * over_share;
  const double flops_per_second = matrix_flops_per_second(problem.dtype, device) * share;
  return units * std::max({tile.seconds, seconds_for(unit_bytes(plan), bytes_per_second),
                           seconds_for(unit_flops(plan, tile), flops_per_second)});
}

// Requests of equal length that more than one worker has a part of.
std::int64_t num_split_requests(const DecodeProblem& problem, std::int64_t num_workers) {
  return problem.batch % num_workers == 0 ? 0 : std::min(problem.batch, num_workers - 1);
}

// Partial results are written, and read again: by a second kernel, or by the CPU's threads, which
// keep them in float32.
double combine_seconds(const DecodePlan& plan, const PlannedLine& line,
                       const DecodeProblem& problem, const DeviceFacts& device) {
  if (!plan.splits_requests) return 0;
  const std::int64_t num_partials = std::min<std::int64_t>(plan.num_workers - 1, line.units);
  const double states = static_cast<double>(num_partials * plan.num_rows);
  if (device.arch == Arch::kCpu) {
    const double bytes = 2 * states * kPartialStateFloats * sizeof(float);
    return seconds_for(bytes, device.memory_bytes_per_second);
  }
  const double bytes = 2 * states * plan.config.latent_dim * sizeof(std::uint16_t);
  const std::int64_t combined_rows = num_split_requests(problem, plan.num_workers) * plan.num_rows;
  const double partials_per_request = static_cast<double>(num_partials) /
                                      static_cast<double>(std::max<std::int64_t>(problem.batch, 1));
  return kCombineSeconds + seconds_for(bytes, kCombineBytesPerSecond) +
         static_cast<double>(combined_rows) * kCombinedRowSeconds +
         partials_per_request * kCombinedPartialSeconds;
}

}  // namespace

PlannedLine planned_line(const DecodeProblem& problem, int tile_kv, std::int64_t num_workers) {
  const std::int64_t seq_len = problem.max_seq_len > 0 ? problem.max_seq_len : kTypicalSeqLen;
  const std::int64_t batch = std::max<std::int64_t>(problem.batch, 1);
  const std::int64_t request = request_units(num_key_tiles(seq_len, tile_kv));
  const std::int64_t units = batch * request;
  if (problem.batch_invariant) return {units, batch, ceil_div(batch, num_workers) * request};
  return {units, units, ceil_div(units, num_workers)};
}

double modelled_seconds(const DecodePlan& plan, const DecodeTile& tile,
                        const DecodeProblem& problem, const DeviceFacts& device) {
  const PlannedLine line = planned_line(problem, plan.tile_kv, plan.num_workers);
  return std::max(stream_seconds(plan, line, device),
                  busiest_worker_seconds(plan, tile, line, problem, device)) +
         combine_seconds(plan, line, problem, device);
}

}  // namespace mla
