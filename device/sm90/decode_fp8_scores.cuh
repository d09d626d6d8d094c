// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/wgmma.cuh"
#include "device/sm90/decode_fp8_softmax.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/online_softmax.cuh"
#include "device/tile/ring.cuh"

namespace mla::sm90 {

// S[64 rows, 64 keys] = Q K^T, in the accumulator layout: thread t of a warp holds rows t/4 and t/4
// + 8 and of each 8 keys the columns 2 * (t % 4) and the next. Left in flight.
template <DecodeConfig kConfig>
__device__ void score_product(DecodeStorage<kConfig>& storage, int stage, float (&scores)[32]) {
  using Storage = DecodeStorage<kConfig>;
  using Tile = typename Storage::Tile;
  constexpr int kStepBytes = 32;
  const auto latent = [](const Tile& tile) {
    return ptx::matrix_descriptor(ptx::opaque(ptx::shared_address(tile.latent)),
                                  8 * Storage::kChunkBytes, ptx::MatrixSwizzle::k128B);
  };
  const auto rope = [](const Tile& tile) {
    return ptx::matrix_descriptor(ptx::opaque(ptx::shared_address(tile.rope)), 8 * kConfig.rope_dim,
                                  ptx::MatrixSwizzle::k64B);
  };
  const ptx::MatrixDescriptor query = latent(storage.query), keys = latent(storage.kv[stage]);
  const ptx::MatrixDescriptor query_rope = rope(storage.query), keys_rope = rope(storage.kv[stage]);
  ptx::wgmma_fence();
#pragma unroll
  for (int d = 0; d < kConfig.latent_dim; d += kStepBytes) {
    const int chunk = d / Storage::kChunkBytes;
    const int offset = chunk * Storage::kTileKv * Storage::kChunkBytes + d % Storage::kChunkBytes;
    ptx::wgmma_e4m3(scores, query.moved(offset), keys.moved(offset), d != 0);
  }
#pragma unroll
  for (int d = 0; d < kConfig.rope_dim; d += kStepBytes) {
    ptx::wgmma_e4m3(scores, query_rope.moved(d), keys_rope.moved(d), true);
  }
  ptx::wgmma_commit_group();
}

// Role: one warpgroup computes the scores of a span, their online softmax, and leaves P in shared
// memory.
template <DecodeConfig kConfig>
struct ScoresRole {
  using Storage = DecodeStorage<kConfig>;

  const DecodeParams& params;
  Storage& storage;
  const int warp, lane;
  const bool is_active;  // has rows of the tile
  tile::Ring<Storage::kKvStages> kv;
  tile::Ring<Storage::kPStages> p;
  tile::Ring<1> query, sums;

  __device__ ScoresRole(const DecodeParams& decode_params, Storage& decode_storage)
      : params(decode_params),
        storage(decode_storage),
        warp(ptx::warp_in_group()),
        lane(ptx::laneid()),
        is_active(warp < kActiveScoreWarps<kConfig>) {}

  __device__ ScoreRows rows_of(const tile::WalkPiece& piece, int row_tile) const {
    const int upper = 16 * warp + lane / 4;
    const int row = row_tile * params.rows_per_tile + upper;
    const int seq_len = tile::cached_keys(params, piece.request);
    return {upper,
            {tile::visible_keys(params, piece.request, row, seq_len),
             tile::visible_keys(params, piece.request, row + 8, seq_len)}};
  }

  // Leaves the scores of the next kTiles tiles in flight; `stages` are those that they are in.
  template <int kTiles>
  __device__ void multiply(float (&scores)[kTiles][32], int (&stages)[kTiles]) {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
      stages[i] = ptx::uniform(kv.stage);
      tile::wait(storage.kv_full[stages[i]], kv.parity());
      score_product<kConfig>(storage, stages[i], scores[i]);
      kv.advance();
    }
  }

  // Waits for the scores, tile by tile, and masks them. Returns the largest ones, base 2.
  template <int kTiles>
  __device__ tile::RowPair<float> largest_scores(float (&scores)[kTiles][32], const ScoreRows& rows,
                                                 int first_key) const {
    tile::RowPair<float> largest{-kInfinity, -kInfinity};
#pragma unroll
    for (int i = 0; i < kTiles; ++i, first_key += kConfig.tile_kv) {
      if (i + 1 < kTiles) {
        ptx::wgmma_wait_group<1>();
      } else {
        ptx::wgmma_wait_group<0>();
      }
      if (first_key + kConfig.tile_kv > min(rows.bounds.upper, rows.bounds.lower)) {
        tile::mask_scores(scores[i], first_key, rows.bounds);
      }
      largest = tile::own_max(scores[i], largest);
    }
    return {tile::quad_max(largest.upper) * params.softmax_scale_log2,
            tile::quad_max(largest.lower) * params.softmax_scale_log2};
  }

  // Scores and softmax of the span of kTiles tiles that begins with `tile`.
  template <int kTiles>
  __device__ void run_span(ScoreRows& rows, int tile, bool is_first) {
    float scores[kTiles][32];
    int stages[kTiles];
    multiply(scores, stages);
    const tile::RowPair<float> largest = largest_scores(scores, rows, tile * kConfig.tile_kv);
    ptx::barrier_sync(kScoresBarrier, 128);  // every warp has read the keys that P replaces
    if (!is_active) return;
    tile::wait(storage.p_empty[p.stage], p.free_parity());
    store_span<kConfig>(storage, p.stage, stages, rows, scores, largest, params.softmax_scale_log2,
                        is_first);
    ptx::fence_proxy_async();
    __syncwarp();
    if (lane == 0) ptx::mbarrier_arrive(storage.p_full[p.stage]);
    p.advance();
  }

  // A warp without rows has no part in sums_full, so that nothing would keep the barrier from
  // running a phase ahead of its wait.
  __device__ void finish_piece(ScoreRows& rows) {
    __syncwarp();
    if (lane == 0) ptx::mbarrier_arrive(storage.query_empty);
    if (!is_active) return;
    tile::wait(storage.sums_empty, sums.free_parity());
    sums.advance();
    rows.upper_state.finish(storage, rows.upper);
    rows.lower_state.finish(storage, rows.upper + 8);
    __syncwarp();
    if (lane == 0) ptx::mbarrier_arrive(storage.sums_full);
  }

  __device__ void run(tile::DecodeWalk walk, int row_tile) {
    tile::WalkPiece piece;
    while (walk.next(piece)) {
      ScoreRows rows = rows_of(piece, row_tile);
      tile::wait(storage.query_full, query.parity());
      query.advance();
      int t = piece.tile_begin;
#pragma unroll 1
      for (; t + 2 <= piece.tile_end; t += 2) run_span<2>(rows, t, t == piece.tile_begin);
      if (t < piece.tile_end) run_span<1>(rows, t, t == piece.tile_begin);
      finish_piece(rows);
    }
  }
};

}  // namespace mla::sm90
