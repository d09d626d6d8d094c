// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/sm100/decode_row_state.cuh"
#include "device/sm100/prefill_storage.cuh"
#include "device/sm100/row_softmax.cuh"
#include "device/tile/prefill_walk.cuh"
#include "device/tile/ring.cuh"

namespace mla::sm100::prefill {

// Role: a warpgroup has 128 queries of every item, a thread a query: it turns the scores of every
// tile into probabilities, in the same lane of tensor memory, rescales the row's sums where its
// reference moved, and stores what they come to.
template <PrefillConfig kConfig>
class SoftmaxRole {
  using Storage = Storage<kConfig>;
  static constexpr ElementType kType = probability_type(kConfig);
  static constexpr int kKeys = kConfig.tile_kv;
  static constexpr int kVectorKeys = 16 / size_bytes(kType);
  static constexpr int kWords = kKeys * size_bytes(kType) / 4;  // of a row of probabilities
  using Row = RowState<kType>;

 public:
  __device__ SoftmaxRole(const PrefillParams& params, Storage& storage, unsigned tensor_memory,
                         int half)
      : params_(params),
        storage_(storage),
        half_(half),
        row_(kHalfRows * half + 32 * ptx::warp_in_group() + ptx::laneid()),
        scores_(tensor_memory + kHalfColumns * half + (ptx::warp_in_group() << 21)) {}

  __device__ void run() {
    tile::PrefillWalk<kConfig> walk(params_);
    tile::PrefillItem item;
    while (walk.next(item)) {
      const int num_tiles =
          item.template tiles_of<kConfig>(kHalfRows * half_, kHalfRows * (half_ + 1));
      const int bound = item.template visible<kConfig>(row_);
      Row row;
      for (int t = num_tiles - 1; t >= 0; --t) weigh_tile(row, t, bound, t + 1 < num_tiles);
      store(item, row, num_tiles > 0);
    }
  }

 private:
  __device__ unsigned sums() const { return scores_ + kSumsColumn; }

  // Probabilities of tile t. Nothing multiplies while its scores are there and they are not, so
  // that the sums are the thread's to rescale.
  __device__ __forceinline__ void weigh_tile(Row& row, int t, int bound, bool has_sums) {
    const float scale = params_.softmax_scale_log2;
    float scores[kKeys];
    take_scores(scores);
    const float largest = mask_scores(scores, t * kKeys, bound, largest_of(scores));
    const float factor = row.update_reference(largest * scale);
    if (has_sums && __any_sync(~0u, factor != 1.0f)) rescale_sums<kConfig.d_v>(sums(), factor);

    const float offset = -row.offset();
    float2 sum{0.0f, 0.0f}, weight{0.0f, 0.0f};
#pragma unroll
    for (int first = 0; first < kWords; first += 32) {
      float words[32];
#pragma unroll
      for (int i = 0; i < 32; i += 4) {
        const uint4 vector =
            weigh<kType>(scores + (first + i) / 4 * kVectorKeys, scale, offset, sum, weight);
        words[i] = __uint_as_float(vector.x);
        words[i + 1] = __uint_as_float(vector.y);
        words[i + 2] = __uint_as_float(vector.z);
        words[i + 3] = __uint_as_float(vector.w);
      }
      ptx::tcgen05_st_32x32b_x32(scores_ + first, words);
    }
    row.sum += sum.x + sum.y;
    row.weight += weight.x + weight.y;
    ptx::tcgen05_wait_st();
    ptx::tcgen05_fence_before_thread_sync();
    __syncwarp();
    if (ptx::laneid() == 0) ptx::mbarrier_arrive(storage_.p_full[half_]);
    sums_ring_.advance();
  }

  __device__ __forceinline__ void take_scores(float (&scores)[kKeys]) {
    tile::wait(storage_.scores_full[half_], scores_ring_.parity());
    scores_ring_.advance();
    ptx::tcgen05_fence_after_thread_sync();
#pragma unroll
    for (int i = 0; i < kKeys; i += 32) ptx::tcgen05_ld_32x32b_x32(scores + i, scores_ + i);
    ptx::tcgen05_wait_ld();
    ptx::tcgen05_fence_registers(scores);
  }

  __device__ __forceinline__ void store(const tile::PrefillItem& item, const Row& row,
                                        bool has_sums) {
    if (has_sums) {
      // The last product's: sums_ring_ stands behind it.
      tile::wait(storage_.sums_full[half_], sums_ring_.free_parity());
      ptx::tcgen05_fence_after_thread_sync();
    }
    const RowResult result = row.result();
    const bool exists = row_ < item.num_queries;
    const long long token = item.q_token + row_;
    auto* out = static_cast<unsigned short*>(params_.out) + token * params_.out_token_stride +
                item.head * params_.out_head_stride;
#pragma unroll 1
    for (int column = 0; column < kConfig.d_v; column += 32) {
      float values[32] = {};
      if (has_sums) {
        ptx::tcgen05_ld_32x32b_x32(values, sums() + column);
        ptx::tcgen05_wait_ld();
        ptx::tcgen05_fence_registers(values);
      }
      if (exists) store_columns(out + column, values, result.inverse_weight);
    }
    if (exists && params_.lse != nullptr) {
      params_.lse[token * params_.num_heads + item.head] = result.lse * params_.lse_unit;
    }
    ptx::tcgen05_fence_before_thread_sync();
  }

  // A row that sees no key is 0, whatever 0 * value came to.
  static __device__ __forceinline__ void store_columns(unsigned short* target,
                                                       const float (&values)[32], float factor) {
#pragma unroll
    for (int i = 0; i < 32; i += 8) {
      float scaled[8];
#pragma unroll
      for (int j = 0; j < 8; ++j) scaled[j] = factor == 0.0f ? 0.0f : values[i + j] * factor;
      ptx::st_global(target + i, tile::rounded<kConfig.out_dtype>(scaled));
    }
  }

  const PrefillParams& params_;
  Storage& storage_;
  const int half_;
  const int row_;          // of the item's tile of queries
  const unsigned scores_;  // the first column, as the warp addresses its lanes
  tile::Ring<1> scores_ring_, sums_ring_;
};

}  // namespace mla::sm100::prefill
