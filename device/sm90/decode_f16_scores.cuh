// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/wgmma_f16.cuh"
#include "device/sm90/decode_f16_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/online_softmax.cuh"
#include "device/tile/ring.cuh"
#include "device/tile/vector.cuh"

namespace mla::sm90::f16 {

// float16 keeps 2^-24 .. 2^16: the prescale moves small probabilities out of the subnormal range
// and leaves the slack and one doubling below the largest number. bfloat16 has the range of
// float32.
template <ElementType kType>
inline constexpr tile::SoftmaxRange kSoftmaxRange = {
    .prescale = kType == ElementType::kFloat16 ? 7.0f : 0.0f, .slack = 8.0f};

// Adds chunks [begin, end) of Q K^T to S[64 rows, 64 keys].
template <DecodeConfig kConfig>
__device__ __forceinline__ void add_chunks(float (&scores)[32], ptx::MatrixDescriptor query,
                                           ptx::MatrixDescriptor keys, int begin, int end,
                                           bool accumulate) {
  constexpr int kStepBytes = 32;
#pragma unroll
  for (int chunk = begin; chunk < end; ++chunk) {
#pragma unroll
    for (int byte = 0; byte < Storage<kConfig>::kChunkBytes; byte += kStepBytes) {
      const int offset = chunk * int{sizeof(typename Storage<kConfig>::Chunk)} + byte;
      ptx::wgmma_m64n64<kConfig.dtype>(scores, query.moved(offset), keys.moved(offset),
                                       accumulate || byte != 0);
    }
    accumulate = true;
  }
}

// S[64 rows, 64 keys] = Q K^T of a key tile, each group of chunks as soon as it has arrived.
template <DecodeConfig kConfig>
__device__ __forceinline__ void score_product(Storage<kConfig>& storage, int stage, unsigned parity,
                                              float (&scores)[32]) {
  using Storage = Storage<kConfig>;
  const auto descriptor = [](const typename Storage::Tile& tile) {
    return ptx::matrix_descriptor(ptx::shared_address(&tile), 8 * Storage::kChunkBytes,
                                  ptx::MatrixSwizzle::k128B);
  };
  const ptx::MatrixDescriptor query = descriptor(storage.query),
                              keys = descriptor(storage.kv[stage]);
  auto& full = storage.kv_full[stage];
  tile::wait(full[kRopeGroup], parity);
  ptx::wgmma_fence();
  add_chunks<kConfig>(scores, query, keys, Storage::kRopeChunk, Storage::kRopeChunk + 1, false);
#pragma unroll
  for (int group = 1; group < kKeyGroups; ++group) {
    tile::wait(full[group], parity);
    ptx::wgmma_fence();
    add_chunks<kConfig>(scores, query, keys, (group - 1) * Storage::kGroupChunks,
                        group * Storage::kGroupChunks, true);
  }
  ptx::wgmma_commit_group();
  ptx::wgmma_wait_group<0>();
  ptx::wgmma_fence_sums(scores);
}

// The two rows of a thread.
template <ElementType kType>
struct Softmax {
  tile::RowState<kSoftmaxRange<kType>> upper, lower;
  // This thread's share of the probabilities as rounded: what O is divided by, so that a row's
  // largest weights are not off by their rounding.
  tile::RowPair<float> weights = {0.0f, 0.0f};

  // Takes in a tile's largest scores and returns what earlier sums are to be multiplied by.
  __device__ tile::RowPair<float> update_references(tile::RowPair<float> largest) {
    const tile::RowPair<float> factors = {upper.update_reference(largest.upper),
                                          lower.update_reference(largest.lower)};
    weights.upper *= factors.upper;
    weights.lower *= factors.lower;
    return factors;
  }

  // Probabilities of a thread's scores as the A operand of the value product, 16 keys a step.
  template <int kSteps>
  __device__ void probabilities(uint4 (&p)[kSteps], const float (&scores)[8 * kSteps],
                                float scale) {
    const float upper_offset = upper.offset(), lower_offset = lower.offset();
    const auto pair = [scale](const float* keys, float offset, float& sum) {
      const float first = ptx::ex2_approx_ftz(fmaf(keys[0], scale, -offset));
      const float second = ptx::ex2_approx_ftz(fmaf(keys[1], scale, -offset));
      sum += first + second;
      return tile::rounded_pair<kType>(first, second);
    };
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      const float* keys = scores + 8 * step;
      p[step].x = pair(keys, upper_offset, upper.sum);
      p[step].y = pair(keys + 2, lower_offset, lower.sum);
      p[step].z = pair(keys + 4, upper_offset, upper.sum);
      p[step].w = pair(keys + 6, lower_offset, lower.sum);
    }
  }

  template <int kSteps>
  __device__ void add_weights(const uint4 (&p)[kSteps]) {
    const auto pair_sum = [](unsigned pair) {
      return tile::element<kType>(pair, 0) + tile::element<kType>(pair, 1);
    };
#pragma unroll
    for (const uint4& step : p) {
      weights.upper += pair_sum(step.x) + pair_sum(step.z);
      weights.lower += pair_sum(step.y) + pair_sum(step.w);
    }
  }

  // The four threads of a row call it together.
  __device__ tile::RowPair<RowResult> results() const {
    const auto result = [](float weight, float lse) {
      const float sum = tile::quad_sum(weight);
      return RowResult{sum == 0.0f ? 0.0f : 1.0f / sum, lse};
    };
    return {result(weights.upper, upper.lse()), result(weights.lower, lower.lse())};
  }
};

// One warp's rows of the tile in hand: where probabilities and factors go.
template <DecodeConfig kConfig>
struct WarpRows {
  Storage<kConfig>& storage;
  int warp;
  int lane;
  int upper;  // the lane's rows
  int lower;
  bool leads;  // of the four lanes that share them

  __device__ WarpRows(Storage<kConfig>& shared, int warp_index, int lane_index)
      : storage(shared),
        warp(warp_index),
        lane(lane_index),
        upper(16 * warp + lane / 4),
        lower(upper + 8),
        leads(lane % 4 == 0) {}

  __device__ void store(const uint4 (&p)[Storage<kConfig>::kSteps], tile::RowPair<float> factors) {
    const bool needs_rescale = __any_sync(~0u, factors.upper != 1.0f || factors.lower != 1.0f);
#pragma unroll
    for (int step = 0; step < Storage<kConfig>::kSteps; ++step) {
      storage.p[warp][step][lane] = p[step];
    }
    if (needs_rescale && leads) {
      storage.rescale[upper] = factors.upper;
      storage.rescale[lower] = factors.lower;
    }
    if (lane == 0) storage.needs_rescale[warp] = needs_rescale;
  }

  __device__ void store(const tile::RowPair<RowResult>& results) {
    if (!leads) return;
    storage.results[upper] = results.upper;
    storage.results[lower] = results.lower;
  }
};

// Role: one warpgroup computes the scores of a tile, their online softmax, and leaves P in shared
// memory. Warps beyond the rows of the tile leave P = 0 once, and then take part in the product and
// the barriers alone.
template <DecodeConfig kConfig>
__device__ void scores_role(const DecodeParams& params, Storage<kConfig>& storage,
                            tile::DecodeWalk walk, int row_tile) {
  using Storage = Storage<kConfig>;
  const int warp = ptx::warp_in_group(), lane = ptx::laneid();
  WarpRows<kConfig> rows(storage, warp, lane);
  const bool has_rows = 16 * warp < params.rows_per_tile;
  const float scale = params.softmax_scale_log2;
  if (!has_rows) rows.store({}, {1.0f, 1.0f});
  __syncwarp();
  tile::Ring<Storage::kKvStages> kv;
  tile::Ring<1> p, query, results;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int first_row = row_tile * params.rows_per_tile;
    const int seq_len = tile::cached_keys(params, piece.request);
    const tile::RowPair<int> bounds = {
        tile::visible_keys(params, piece.request, first_row + rows.upper, seq_len),
        tile::visible_keys(params, piece.request, first_row + rows.lower, seq_len)};
    Softmax<kConfig.dtype> softmax;
    tile::wait(storage.query_full, query.parity());
    query.advance();

    for (int t = piece.tile_begin; t < piece.tile_end; ++t) {
      float scores[32];
      score_product<kConfig>(storage, kv.stage, kv.parity(), scores);
      if (lane == 0) ptx::mbarrier_arrive(storage.kv_empty[kv.stage][kRopeGroup]);
      kv.advance();
      if (has_rows) {
        const int first_key = t * kConfig.tile_kv;
        if (first_key + kConfig.tile_kv > min(bounds.upper, bounds.lower)) {
          tile::mask_scores(scores, first_key, bounds);
        }
        tile::RowPair<float> largest = tile::row_max(scores);
        largest = {largest.upper * scale, largest.lower * scale};
        const tile::RowPair<float> factors = softmax.update_references(largest);
        uint4 probabilities[Storage::kSteps];
        softmax.probabilities(probabilities, scores, scale);
        tile::wait(storage.p_empty, p.free_parity());
        rows.store(probabilities, factors);
        __syncwarp();
        if (lane == 0) ptx::mbarrier_arrive(storage.p_full);
        softmax.add_weights(probabilities);
      } else {
        tile::wait(storage.p_empty, p.free_parity());
        if (lane == 0) ptx::mbarrier_arrive(storage.p_full);
      }
      p.advance();
    }
    __syncwarp();
    if (lane == 0) ptx::mbarrier_arrive(storage.query_empty);

    tile::wait(storage.results_empty, results.free_parity());
    results.advance();
    rows.store(softmax.results());
    __syncwarp();
    if (lane == 0) ptx::mbarrier_arrive(storage.results_full);
  }
}

}  // namespace mla::sm90::f16
