// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/ldmatrix.cuh"
#include "device/ptx/sync.cuh"
#include "device/sm90/decode_f16_softmax.cuh"
#include "device/sm90/decode_seesaw_sums.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/ring.cuh"

namespace mla::sm90::seesaw {

// One of the two math warpgroups: the scores of its own tiles, and its half of the value columns of
// all tiles. Warps beyond the rows of the tile keep P = 0 and take part in the products and the
// barriers alone.
template <DecodeConfig kConfig>
struct MathGroup {
  using Storage = seesaw::Storage<kConfig>;
  using Probabilities = uint4[Storage::kSteps];

  const DecodeParams& params;
  Storage& storage;
  int half;
  int warp = ptx::warp_in_group();
  int lane = ptx::laneid();
  int upper = 16 * warp + lane / 4;  // the lane's rows
  int lower = upper + 8;
  bool leads = lane % 4 == 0;  // of the four lanes that share them
  bool has_rows = 16 * warp < params.rows_per_tile;

  // Of the piece in hand.
  int seq_len;
  tile::RowPair<int> bounds;
  f16::Softmax<kConfig.dtype> softmax;
  ValueSums sums;

  __device__ MathGroup(const DecodeParams& call, Storage& shared, int columns)
      : params(call), storage(shared), half(columns) {}

  __device__ __forceinline__ void start_piece(int request, int row_tile) {
    const int first_row = row_tile * params.rows_per_tile;
    seq_len = tile::cached_keys(params, request);
    bounds = {tile::visible_keys(params, request, first_row + upper, seq_len),
              tile::visible_keys(params, request, first_row + lower, seq_len)};
    softmax = {};
    sums.clear();
  }

  __device__ __forceinline__ void arrive(ptx::Barrier& barrier) const {
    if (lane == 0) ptx::mbarrier_arrive(barrier);
  }

  // Turns the scores of tile t into probabilities, tells the other warpgroup of references that
  // move, and returns what the sums are to be multiplied by.
  __device__ __forceinline__ tile::RowPair<float> weigh(Probabilities& p, float (&scores)[32],
                                                        int t) {
    tile::RowPair<float> factors = {1.0f, 1.0f};
    bool has_moved = false;
    if (has_rows) {
      const float scale = params.softmax_scale_log2;
      const int first_key = t * kConfig.tile_kv;
      if (first_key + kConfig.tile_kv > min(bounds.upper, bounds.lower)) {
        tile::mask_scores(scores, first_key, bounds);
      }
      const tile::RowPair<float> largest = tile::row_max(scores);
      const tile::RowPair<float> before = softmax.references();
      factors = softmax.update_references({largest.upper * scale, largest.lower * scale});
      const tile::RowPair<float> now = softmax.references();
      has_moved = __any_sync(~0u, now.upper != before.upper || now.lower != before.lower);
      if (has_moved && leads) {
        storage.references[upper] = now.upper;
        storage.references[lower] = now.lower;
      }
      softmax.probabilities(p, scores, scale);
    }
    if (lane == 0) storage.has_moved[warp] = has_moved;
    return factors;
  }

  // The leader's probabilities go to the other warpgroup as a matrix, 8 keys (16 bytes) j of row r
  // at place j ^ r % 8 of the row.
  __device__ __forceinline__ void hand_over_operand(const Probabilities& p) {
    const int row = lane % 16, place = lane / 16;
    auto& rows = storage.operand_p();
#pragma unroll
    for (int step = 0; step < Storage::kSteps; ++step) {
      const int offset = ((2 * step + place) ^ row % 8) * 16;
      ptx::stmatrix_x4(ptx::shared_address(&rows[16 * warp + row][offset]), p[step]);
    }
    ptx::fence_proxy_async();
    __syncwarp();
    arrive(storage.p_full[kLeader]);
  }

  // The follower's, of the tile in `stage`, go lane for lane.
  __device__ __forceinline__ void hand_over_lanes(const Probabilities& p, int stage) {
    auto& lanes = storage.lanes_of_p(stage);
#pragma unroll
    for (int step = 0; step < Storage::kSteps; ++step) lanes[warp][step][lane] = p[step];
    __syncwarp();
    arrive(storage.p_full[kFollower]);
  }

  // Takes them, and gives back the rope chunk.
  __device__ __forceinline__ void take_lanes(Probabilities& p, int stage) {
    const auto& lanes = storage.lanes_of_p(stage);
#pragma unroll
    for (int step = 0; step < Storage::kSteps; ++step) p[step] = lanes[warp][step][lane];
    __syncwarp();
    arrive(storage.kv_empty[stage][kRopeGroup]);
  }

  // Takes the references that the other warpgroup's probabilities are relative to; returns what the
  // sums are to be multiplied by.
  __device__ __forceinline__ tile::RowPair<float> take_references() {
    tile::RowPair<float> factors = {1.0f, 1.0f};
    if (storage.has_moved[warp]) {
      factors = softmax.adopt({storage.references[upper], storage.references[lower]});
    }
    __syncwarp();
    return factors;
  }

  __device__ __forceinline__ bool needs_rescale(tile::RowPair<float> factors) const {
    return __any_sync(~0u, factors.upper != 1.0f || factors.lower != 1.0f);
  }

  // No value product may be in flight.
  __device__ __forceinline__ void rescale_sums(tile::RowPair<float> factors) {
    if (needs_rescale(factors)) sums.rescale(factors);
  }

  // Starts the value product of tile t, whose half of V has arrived, with probabilities in
  // registers or in shared memory.
  template <typename P>
  __device__ __forceinline__ void start_values(P& p, int stage, int t) {
    auto& tile = storage.kv[stage];
    clear_absent_values<kConfig>(tile, seq_len - t * kConfig.tile_kv, half);
    start_value_product<kConfig>(sums, p, tile, half);
  }

  // Waits until no more than `kInFlight` products are in flight, none of them of the sums that are
  // read next.
  template <int kInFlight>
  __device__ __forceinline__ void wait_for_values() {
    ptx::wgmma_wait_group<kInFlight>();
    ptx::wgmma_fence_sums(sums.columns);
  }

  // Gives back the warpgroup's half of a tile whose value product is done.
  __device__ __forceinline__ void release(int stage) {
    arrive(storage.kv_empty[stage][half_group(half)]);
  }
};

}  // namespace mla::sm90::seesaw
