// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/sm100/decode_row_state.cuh"
#include "device/sm100/decode_storage.cuh"
#include "device/sm100/decode_store.cuh"
#include "device/sm100/pair.cuh"
#include "device/sm100/row_softmax.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/vector.cuh"

namespace mla::sm100 {

// A softmax thread's place. Two threads share a row, each with half of a tile's keys and half of
// the output columns, in the lane of tensor memory that has the thread's number.
struct RowPlace {
  int warp;
  int lane;
  int row;   // of the block's tile
  int half;  // of its keys and columns

  __device__ RowPlace() : warp(ptx::warp_in_group()), lane(ptx::laneid()) {
    row = (32 * warp + lane) % 64;
    half = warp / 2;
  }

  // A column of tensor memory, as the warp addresses its lanes.
  __device__ unsigned address(unsigned column) const { return column + (warp << 21); }
};

// What the two threads of a row tell each other. Each call has the other buffer than the one
// before: who writes to a buffer again has passed a barrier after which nobody reads it.
template <DecodeConfig kConfig>
struct RowExchange {
  DecodeStorage<kConfig>& storage;
  RowPlace place;
  int buffer = 0;

  __device__ float operator()(float value) {
    const int thread = 32 * place.warp + place.lane;
    storage.exchange[buffer][thread] = value;
    ptx::barrier_sync(kFirstRowBarrier + place.warp % 2, 64);
    const float other = storage.exchange[buffer][thread ^ 64];
    buffer ^= 1;
    return other;
  }
};

// Reads the thread's scores of a tile and returns the largest.
template <DecodeConfig kConfig>
__device__ __forceinline__ float take_scores(DecodeStorage<kConfig>& storage,
                                             unsigned tensor_memory, const RowPlace& place,
                                             const tile::Ring<kScoreStages>& ring,
                                             float (&scores)[DecodeShape<kConfig>::kHalfKeys]) {
  tile::wait(storage.scores_full[ring.stage], ring.parity());
  ptx::tcgen05_fence_after_thread_sync();
  const unsigned address = place.address(scores_address<kConfig>(tensor_memory, ring.stage));
  constexpr int kLoads = DecodeShape<kConfig>::kHalfKeys / 32;
  float largest[kLoads];
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    if constexpr (kConfig.loads_maximum) {
      largest[i] = ptx::tcgen05_ld_red_max_32x32b_x32(scores + 32 * i, address + 32 * i);
    } else {
      ptx::tcgen05_ld_32x32b_x32(scores + 32 * i, address + 32 * i);
    }
  }
  ptx::tcgen05_wait_ld();
  ptx::tcgen05_fence_registers(scores);
  if constexpr (kConfig.loads_maximum) ptx::tcgen05_fence_registers(largest);
  ptx::tcgen05_fence_before_thread_sync();
  if constexpr (!kConfig.loads_maximum) return largest_of(scores);
  return kLoads == 1 ? largest[0] : fmaxf(largest[0], largest[kLoads - 1]);
}

// A thread's probabilities of a tile, as they lie in a row of P.
template <DecodeConfig kConfig>
struct RowProbabilities {
  using Shape = DecodeShape<kConfig>;
  static constexpr int kVectorKeys = 16 / Shape::kElementBytes;
  static constexpr int kVectors = Shape::kHalfKeys / kVectorKeys;

  uint4 vectors[kVectors];

  // Adds them to the row's sums.
  __device__ RowProbabilities(const float (&scores)[Shape::kHalfKeys], float scale,
                              RowState<kConfig.dtype>& state) {
    const float offset = -state.offset();
    float2 sums{0.0f, 0.0f}, weights{0.0f, 0.0f};
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      vectors[v] = weigh<kConfig.dtype>(scores + v * kVectorKeys, scale, offset, sums, weights);
    }
    state.sum += sums.x + sums.y;
    state.weight += weights.x + weights.y;
  }

  // Swizzled as the matrix instruction reads it.
  __device__ void store(unsigned char (&p)[Shape::kRows][Shape::kPBytes],
                        const RowPlace& place) const {
    const int pattern = Shape::kPBytes == 128 ? place.row % 8 : place.row / 2 % 4;
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      const int position = (place.half * kVectors + v) ^ pattern;
      *reinterpret_cast<uint4*>(&p[place.row][16 * position]) = vectors[v];
    }
  }
};

// Role: one warpgroup computes the probabilities of every tile, rescales O where a reference moved,
// and stores what a piece comes to.
template <DecodeConfig kConfig>
__device__ void softmax_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                             tile::DecodeWalk walk, unsigned tensor_memory, int worker,
                             int row_tile) {
  using Shape = DecodeShape<kConfig>;
  const RowPlace place;
  const unsigned sums = place.address(tensor_memory);
  const float scale = params.softmax_scale_log2;
  RowExchange<kConfig> exchange{storage, place};
  tile::Ring<kScoreStages> score_ring;
  tile::Ring<Shape::kPStages> p, last_p;  // last_p is that of the tile before
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int seq_len = tile::cached_keys(params, piece.request);
    const int row = row_tile * params.rows_per_tile + place.row;
    const int bound = tile::visible_keys(params, piece.request, row, seq_len);
    RowState<kConfig.dtype> state;
    for (int t = piece.tile_begin; t < piece.tile_end; ++t) {
      float scores[Shape::kHalfKeys];
      float own = take_scores<kConfig>(storage, tensor_memory, place, score_ring, scores);
      score_ring.advance();
      own = mask_scores(scores, t * kConfig.tile_kv + place.half * Shape::kHalfKeys, bound, own);
      const float factor = state.update_reference(fmaxf(own, exchange(own)) * scale);
      const RowProbabilities<kConfig> probabilities(scores, scale, state);
      if (t > piece.tile_begin && __any_sync(~0u, factor != 1.0f)) {
        tile::wait(storage.p_empty[last_p.stage], last_p.parity());
        ptx::tcgen05_fence_after_thread_sync();
        rescale_sums<kSumColumns>(sums, factor);
      }
      tile::wait(storage.p_empty[p.stage], p.free_parity());
      probabilities.store(storage.p[p.stage], place);
      ptx::fence_proxy_async();
      ptx::tcgen05_fence_before_thread_sync();
      __syncwarp();
      if (place.lane == 0) arrive_at_leader<Shape::kBlocks>(storage.p_full[p.stage]);
      last_p = p;
      p.advance();
    }
    const bool has_sums = piece.tile_begin < piece.tile_end;
    if (has_sums) {
      state.sum += exchange(state.sum);
      state.weight += exchange(state.weight);
      tile::wait(storage.p_empty[last_p.stage], last_p.parity());
      ptx::tcgen05_fence_after_thread_sync();
    }
    const Destination to(params, piece, worker, row_tile, place.row, place.half);
    store_row<kConfig>(params, to, state.result(), sums, has_sums);
    ptx::tcgen05_fence_before_thread_sync();
  }
}

}  // namespace mla::sm100
