// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/wgmma_f16.cuh"
#include "device/sm90/decode_f16_score_product.cuh"
#include "device/sm90/decode_f16_softmax.cuh"
#include "device/sm90/decode_f16_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/online_softmax.cuh"
#include "device/tile/ring.cuh"
#include "device/tile/vector.cuh"

namespace mla::sm90::f16 {

// S[64 rows, 64 keys] = Q K^T of a key tile, each group of chunks as soon as it has arrived.
template <DecodeConfig kConfig>
__device__ __forceinline__ void score_product(Storage<kConfig>& storage, int stage, unsigned parity,
                                              float (&scores)[32]) {
  using Storage = Storage<kConfig>;
  const ptx::MatrixDescriptor query = score_operand<kConfig>(storage.query),
                              keys = score_operand<kConfig>(storage.kv[stage]);
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
      score_product<kConfig>(storage, ptx::uniform(kv.stage), kv.parity(), scores);
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
