// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/cvt.cuh"
#include "device/ptx/math.cuh"
#include "device/ptx/sync.cuh"
#include "device/ptx/wgmma.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/online_softmax.cuh"
#include "device/tile/ring.cuh"
#include "device/tile/vector.cuh"

namespace mla::sm90 {

// Probabilities of a tile are stored as 2^(score - the tile's largest + kPrescale). The largest is
// thus a power of two, which e4m3 holds exactly, so that a key which outweighs the others is not
// rounded; the prescale takes small ones out of the subnormal range. Sums over tiles are relative
// to a reference, which float32 lets lag far behind: it moves only when a score exceeds it by
// kSlack.
inline constexpr float kPrescale = 8.0f;
inline constexpr float kSlack = 15.0f;

// Running softmax of one row, shared by the four threads that hold its columns.
struct RowState {
  float reference = -kInfinity;  // base-2 score that sums are relative to
  float sum = 0.0f;              // this thread's share
  float weighed_sum = 0.0f;      // the same with tile scales as the values role has them

  // Takes in the tile's largest score and returns what earlier sums are to be multiplied by.
  __device__ float update_reference(float tile_max) {
    if (!(tile_max > reference + kSlack)) return 1.0f;
    const float factor = ptx::ex2_approx_ftz(reference - tile_max);
    reference = tile_max;
    sum *= factor;
    weighed_sum *= factor;
    return factor;
  }

  // What the tile's sums are to be multiplied by.
  __device__ float tile_scale(float tile_max) const {
    return tile_max == -kInfinity ? 0.0f : ptx::ex2_approx_ftz(tile_max - reference);
  }

  __device__ void add(float tile_sum, float scale, float rounded_scale) {
    sum = fmaf(tile_sum, scale, sum);
    weighed_sum = fmaf(tile_sum, rounded_scale, weighed_sum);
  }

  // Leaves what the store needs; the four threads of a row call it together.
  template <typename Storage>
  __device__ void finish(Storage& storage, int row) {
    const float total = tile::quad_sum(sum), weighed_total = tile::quad_sum(weighed_sum);
    if (ptx::laneid() % 4 != 0) return;
    const bool has_keys = total > 0.0f || total != total;
    storage.inverse_sum[row] = has_keys ? 1.0f / weighed_total : 0.0f;
    storage.lse[row] = has_keys ? reference - kPrescale + log2f(total) : -kInfinity;
  }
};

// S[64 rows, 64 keys] = Q K^T, in the accumulator layout: thread t of a warp holds rows t/4 and t/4
// + 8 and of each 8 keys the columns 2 * (t % 4) and the next.
template <DecodeConfig kConfig>
__device__ void score_product(DecodeStorage<kConfig>& storage, int stage, float (&scores)[32]) {
  using Storage = DecodeStorage<kConfig>;
  using Tile = typename Storage::Tile;
  constexpr int kStepBytes = 32;
  const auto latent = [](const Tile& tile) {
    return ptx::matrix_descriptor(ptx::shared_address(tile.latent), 8 * Storage::kChunkBytes,
                                  ptx::MatrixSwizzle::k128B);
  };
  const auto rope = [](const Tile& tile) {
    return ptx::matrix_descriptor(ptx::shared_address(tile.rope), 8 * kConfig.rope_dim,
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

// Where 16 bytes of row `row` go in a P tile of 64-byte rows (64-byte swizzle).
__device__ inline int p_offset(int row, int chunk) {
  const int offset = row * 64 + chunk * 16;
  return offset ^ ((offset >> 3) & 0x30);
}

// A tile that the row sees nothing of has scores of -inf only, and probabilities of 0.
__device__ inline float probability_offset(float tile_max) {
  return tile_max == -kInfinity ? 0.0f : tile_max - kPrescale;
}

// Four probabilities of one row, as e4m3: keys 2j, 2j + 1 of two neighbouring groups of 8. The
// value product takes the keys of a tile in this order too.
__device__ inline unsigned probabilities(const float* first_group, const float* second_group,
                                         float scale, float offset, float& sum) {
  const float p0 = ptx::ex2_approx_ftz(fmaf(first_group[0], scale, -offset));
  const float p1 = ptx::ex2_approx_ftz(fmaf(first_group[1], scale, -offset));
  const float p2 = ptx::ex2_approx_ftz(fmaf(second_group[0], scale, -offset));
  const float p3 = ptx::ex2_approx_ftz(fmaf(second_group[1], scale, -offset));
  sum += (p0 + p1) + (p2 + p3);
  return ptx::cvt_rn_satfinite_e4m3x2(p0, p1) |
         static_cast<unsigned>(ptx::cvt_rn_satfinite_e4m3x2(p2, p3)) << 16;
}

// What a warp of the scores role knows about its rows of a piece.
struct ScoreRows {
  int upper, lower;           // of the tile: 16 warp + lane / 4, and 8 further
  tile::RowPair<int> bounds;  // keys that they see
  RowState upper_state, lower_state;
};

// Leaves the tile's probabilities, relative to its largest scores, in shared memory and returns
// this thread's sums of them.
template <DecodeConfig kConfig>
__device__ tile::RowPair<float> store_probabilities(DecodeStorage<kConfig>& storage, int p_stage,
                                                    const ScoreRows& rows,
                                                    const float (&scores)[32],
                                                    tile::RowPair<float> largest, float scale) {
  const float upper_offset = probability_offset(largest.upper);
  const float lower_offset = probability_offset(largest.lower);
  unsigned char* lane_tile = &storage.p[p_stage][0][0] + 4 * (ptx::laneid() % 4);
  tile::RowPair<float> sums{0.0f, 0.0f};
#pragma unroll
  for (int chunk = 0; chunk < kConfig.tile_kv / 16; ++chunk) {
    const float* group = scores + 8 * chunk;
    const unsigned upper_p = probabilities(group, group + 4, scale, upper_offset, sums.upper);
    const unsigned lower_p = probabilities(group + 2, group + 6, scale, lower_offset, sums.lower);
    *reinterpret_cast<unsigned*>(lane_tile + p_offset(rows.upper, chunk)) = upper_p;
    if (rows.lower < kConfig.tile_rows) {
      *reinterpret_cast<unsigned*>(lane_tile + p_offset(rows.lower, chunk)) = lower_p;
    }
  }
  return sums;
}

// Softmax of one tile: leaves P, what its sums are to be multiplied by, and what earlier ones are
// to be multiplied by in shared memory.
template <DecodeConfig kConfig>
__device__ void store_tile(DecodeStorage<kConfig>& storage, int p_stage, ScoreRows& rows,
                           const float (&scores)[32], float scale, bool is_first) {
  tile::RowPair<float> largest = tile::row_max(scores);
  largest.upper *= scale;
  largest.lower *= scale;
  const tile::RowPair<float> factors{rows.upper_state.update_reference(largest.upper),
                                     rows.lower_state.update_reference(largest.lower)};
  const tile::RowPair<float> scales{rows.upper_state.tile_scale(largest.upper),
                                    rows.lower_state.tile_scale(largest.lower)};
  const tile::RowPair<float> sums =
      store_probabilities<kConfig>(storage, p_stage, rows, scores, largest, scale);
  const unsigned rounded = tile::rounded_pair<kTileScaleType>(scales.upper, scales.lower);
  rows.upper_state.add(sums.upper, scales.upper, tile::element<kTileScaleType>(rounded, 0));
  rows.lower_state.add(sums.lower, scales.lower, tile::element<kTileScaleType>(rounded, 1));
  const bool needs_rescale = __any_sync(~0u, factors.upper != 1.0f || factors.lower != 1.0f);
  if (ptx::laneid() % 4 == 0) {
    storage.rescale[p_stage][rows.upper] = factors.upper;
    storage.rescale[p_stage][rows.lower] = factors.lower;
    storage.tile_scales[p_stage].row(rows.upper) = static_cast<unsigned short>(rounded);
    storage.tile_scales[p_stage].row(rows.lower) = static_cast<unsigned short>(rounded >> 16);
  }
  // Before a piece's first tile there is nothing to rescale.
  if (ptx::laneid() == 0) {
    storage.needs_rescale[p_stage][rows.upper / 16] = needs_rescale && !is_first;
  }
}

// Role: one warpgroup computes the scores of a tile, their online softmax, and leaves P in shared
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
    const int upper = 16 * warp + lane / 4, lower = upper + 8;
    const int first_row = row_tile * params.rows_per_tile;
    const int seq_len = tile::cached_keys(params, piece.request);
    return {upper,
            lower,
            {tile::visible_keys(params, piece.request, first_row + upper, seq_len),
             tile::visible_keys(params, piece.request, first_row + lower, seq_len)}};
  }

  __device__ void multiply(float (&scores)[32]) {
    tile::wait(storage.kv_full[kv.stage], kv.parity());
    score_product<kConfig>(storage, kv.stage, scores);
    ptx::wgmma_wait_group<0>();
    if (lane == 0) ptx::mbarrier_arrive(storage.kv_empty[kv.stage]);
    kv.advance();
  }

  __device__ void softmax(float (&scores)[32], ScoreRows& rows, int tile, bool is_first) {
    if (!is_active) return;
    const int first_key = tile * kConfig.tile_kv;
    if (first_key + kConfig.tile_kv > min(rows.bounds.upper, rows.bounds.lower)) {
      tile::mask_scores(scores, first_key, rows.bounds);
    }
    tile::wait(storage.p_empty[p.stage], p.free_parity());
    store_tile<kConfig>(storage, p.stage, rows, scores, params.softmax_scale_log2, is_first);
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
    rows.lower_state.finish(storage, rows.lower);
    __syncwarp();
    if (lane == 0) ptx::mbarrier_arrive(storage.sums_full);
  }

  __device__ void run(tile::DecodeWalk walk, int row_tile) {
    tile::WalkPiece piece;
    while (walk.next(piece)) {
      ScoreRows rows = rows_of(piece, row_tile);
      tile::wait(storage.query_full, query.parity());
      query.advance();
      for (int t = piece.tile_begin; t < piece.tile_end; ++t) {
        float scores[32];
        multiply(scores);
        softmax(scores, rows, t, t == piece.tile_begin);
      }
      finish_piece(rows);
    }
  }
};

}  // namespace mla::sm90
