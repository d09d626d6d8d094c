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

namespace mla::sm90 {

// Probabilities of a tile are stored as 2^(score - the tile's largest + kPrescale). The largest is
// thus a power of two, which e4m3 holds exactly, so that a key which outweighs the others is not
// rounded; the prescale takes small ones out of the subnormal range. Sums over tiles are relative
// to a reference, which float32 lets lag far behind: it moves only when a score exceeds it by
// kSlack.
inline constexpr float kPrescale = 8.0f;
inline constexpr float kSlack = 64.0f;

// Running softmax of one row, shared by the four threads that hold its columns.
struct RowState {
  float reference = -kInfinity;  // base-2 score that sums are relative to
  float sum = 0.0f;              // this thread's share

  // Takes in the tile's largest score and returns what earlier sums are to be multiplied by.
  __device__ float update_reference(float tile_max) {
    if (!(tile_max > reference + kSlack)) return 1.0f;
    const float factor = ptx::ex2_approx_ftz(reference - tile_max);
    reference = tile_max;
    sum *= factor;
    return factor;
  }

  // What the tile's sums are to be multiplied by.
  __device__ float tile_scale(float tile_max) const {
    return tile_max == -kInfinity ? 0.0f : ptx::ex2_approx_ftz(tile_max - reference);
  }

  // Leaves what the store needs; the four threads of a row call it together.
  template <typename Storage>
  __device__ void finish(Storage& storage, int row) {
    const float total = tile::quad_sum(sum);
    if (ptx::laneid() % 4 != 0) return;
    storage.inverse_sum[row] = total > 0.0f || total != total ? 1.0f / total : 0.0f;
    storage.lse[row] =
        total > 0.0f || total != total ? reference - kPrescale + log2f(total) : -kInfinity;
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

// Role: one warpgroup computes the scores of a tile, their online softmax, and leaves P in shared
// memory.
template <DecodeConfig kConfig>
__device__ void scores_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                            tile::DecodeWalk walk, int row_tile) {
  using Storage = DecodeStorage<kConfig>;
  const int warp = ptx::warp_in_group(), lane = ptx::laneid();
  const int upper_row = 16 * warp + lane / 4, lower_row = upper_row + 8;
  const bool is_active = warp < kActiveScoreWarps<kConfig>;
  tile::Ring<Storage::kKvStages> kv;
  tile::Ring<Storage::kPStages> p;
  tile::Ring<1> query, sums;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int request = piece.request;
    const int first_row = row_tile * params.rows_per_tile;
    const int seq_len = tile::cached_keys(params, request);
    const int upper_bound = tile::visible_keys(params, request, first_row + upper_row, seq_len);
    const int lower_bound = tile::visible_keys(params, request, first_row + lower_row, seq_len);
    RowState upper, lower;
    tile::wait(storage.query_full, query.parity());
    query.advance();

    for (int t = piece.tile_begin; t < piece.tile_end; ++t) {
      float scores[32];
      tile::wait(storage.kv_full[kv.stage], kv.parity());
      score_product<kConfig>(storage, kv.stage, scores);
      ptx::wgmma_wait_group<0>();
      if (lane == 0) ptx::mbarrier_arrive(storage.kv_empty[kv.stage]);
      kv.advance();
      if (!is_active) continue;

      const int first_key = t * kConfig.tile_kv;
      if (first_key + kConfig.tile_kv > min(upper_bound, lower_bound)) {
        tile::mask_scores(scores, first_key, {upper_bound, lower_bound});
      }
      const float scale = params.softmax_scale_log2;
      tile::RowPair<float> largest = tile::row_max(scores);
      largest.upper *= scale;
      largest.lower *= scale;
      const float upper_factor = upper.update_reference(largest.upper);
      const float lower_factor = lower.update_reference(largest.lower);
      const bool needs_rescale = __any_sync(~0u, upper_factor != 1.0f || lower_factor != 1.0f);
      const float upper_scale = upper.tile_scale(largest.upper);
      const float lower_scale = lower.tile_scale(largest.lower);

      tile::wait(storage.p_empty[p.stage], p.free_parity());
      unsigned char* probabilities_tile = &storage.p[p.stage][0][0];
      const float upper_offset = probability_offset(largest.upper);
      const float lower_offset = probability_offset(largest.lower);
      float upper_sum = 0.0f, lower_sum = 0.0f;
#pragma unroll
      for (int chunk = 0; chunk < kConfig.tile_kv / 16; ++chunk) {
        const float* group = scores + 8 * chunk;
        const unsigned upper_p = probabilities(group, group + 4, scale, upper_offset, upper_sum);
        const unsigned lower_p =
            probabilities(group + 2, group + 6, scale, lower_offset, lower_sum);
        *reinterpret_cast<unsigned*>(probabilities_tile + p_offset(upper_row, chunk) +
                                     4 * (lane % 4)) = upper_p;
        if (lower_row < kConfig.tile_rows) {
          *reinterpret_cast<unsigned*>(probabilities_tile + p_offset(lower_row, chunk) +
                                       4 * (lane % 4)) = lower_p;
        }
      }
      upper.sum += upper_sum * upper_scale;
      lower.sum += lower_sum * lower_scale;
      if (lane % 4 == 0) {
        storage.rescale[p.stage][upper_row] = upper_factor;
        storage.rescale[p.stage][lower_row] = lower_factor;
        storage.tile_scale[p.stage][upper_row] = upper_scale;
        storage.tile_scale[p.stage][lower_row] = lower_scale;
      }
      // Before a piece's first tile there is nothing to rescale.
      if (lane == 0) {
        storage.needs_rescale[p.stage][warp] = needs_rescale && t != piece.tile_begin;
      }
      ptx::fence_proxy_async();
      __syncwarp();
      if (lane == 0) ptx::mbarrier_arrive(storage.p_full[p.stage]);
      p.advance();
    }
    __syncwarp();
    if (lane == 0) ptx::mbarrier_arrive(storage.query_empty);

    // A warp without rows has no part in sums_full, so that nothing would keep the barrier from
    // running a phase ahead of its wait.
    if (is_active) {
      tile::wait(storage.sums_empty, sums.free_parity());
      sums.advance();
      upper.finish(storage, upper_row);
      lower.finish(storage, lower_row);
      __syncwarp();
      if (lane == 0) ptx::mbarrier_arrive(storage.sums_full);
    }
  }
}

}  // namespace mla::sm90
