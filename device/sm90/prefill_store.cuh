// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/ldst.cuh"
#include "device/sm90/prefill_products.cuh"
#include "device/sm90/prefill_softmax.cuh"
#include "device/tile/prefill_walk.cuh"

namespace mla::sm90::prefill {

// Four neighbouring columns of one row, of each 16 columns those from lane_column() on.
struct ColumnWords {
  static __device__ int lane_column(bool transposed) {
    const int j = ptx::laneid() % 4;
    return transposed ? 4 * j : 8 * (j % 2) + 2 * (j - j % 2);
  }

  // Of 16-bit values the accumulators hold columns 2 j, 2 j + 1 and 8 + 2 j, 8 + 2 j + 1: lanes j
  // and j ^ 1 exchange one of the two words.
  static __device__ uint2 exchange(unsigned low_columns, unsigned high_columns) {
    const bool is_odd = ptx::laneid() % 2 != 0;
    const unsigned got = __shfl_xor_sync(~0u, is_odd ? low_columns : high_columns, 1);
    return is_odd ? make_uint2(got, high_columns) : make_uint2(low_columns, got);
  }
};

// Stores one of the thread's rows; kRow is 0 for the upper one and 2 for the lower one. Of
// transposed values the accumulators hold even columns, 4 j and 4 j + 2, and then odd ones.
template <PrefillConfig kConfig, int kRow>
__device__ __forceinline__ void store_row(unsigned short* row, bool exists,
                                          const float (&sums)[kAccumulators], float scale) {
  constexpr bool kTransposed = transposes_values(kConfig);
  unsigned short* target = row + ColumnWords::lane_column(kTransposed);
  const auto word = [&](float even, float odd) {
    // A row that sees no key is 0, whatever 0 * value came to.
    return scale != 0.0f ? tile::rounded_pair<kConfig.out_dtype>(even * scale, odd * scale) : 0u;
  };
#pragma unroll
  for (int i = kRow; i < kAccumulators; i += 8) {
    uint2 words;
    if constexpr (kTransposed) {
      words = make_uint2(word(sums[i], sums[i + 4]), word(sums[i + 1], sums[i + 5]));
    } else {
      words = ColumnWords::exchange(word(sums[i], sums[i + 1]), word(sums[i + 4], sums[i + 5]));
    }
    if (exists) ptx::st_global(target + i / 8 * 16, words);
  }
}

// Stores what a warpgroup's rows of an item came to.
template <PrefillConfig kConfig>
__device__ __forceinline__ void store_item(const PrefillParams& params,
                                           const tile::PrefillItem& item,
                                           const float (&sums)[kAccumulators],
                                           const Softmax<kConfig>& softmax, int upper_row) {
  const auto store = [&]<int kRow>(const auto& state, int row) {
    const float total = tile::quad_sum(state.sum);
    const bool exists = row < item.num_queries;
    const long long token = item.q_token + row;
    auto* out = static_cast<unsigned short*>(params.out) + token * params.out_token_stride +
                item.head * params.out_head_stride;
    store_row<kConfig, kRow>(out, exists, sums, total == 0.0f ? 0.0f : 1.0f / total);
    if (exists && params.lse != nullptr && ptx::laneid() % 4 == 0) {
      params.lse[token * params.num_heads + item.head] = state.lse_of(total) * params.lse_unit;
    }
  };
  store.template operator()<0>(softmax.upper, upper_row);
  store.template operator()<2>(softmax.lower, upper_row + 8);
}

}  // namespace mla::sm90::prefill
