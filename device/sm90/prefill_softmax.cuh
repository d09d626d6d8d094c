// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/sm90/prefill_products.cuh"
#include "device/tile/online_softmax.cuh"
#include "device/tile/vector.cuh"

namespace mla::sm90::prefill {

// Probabilities are relative to the largest score so far, which is stored as a power of two and
// thus not rounded. The prescale takes small ones out of the subnormal range of e4m3, whose largest
// number is 448, and of float16.
constexpr tile::SoftmaxRange softmax_range(const PrefillConfig& config) {
  const float prescale = size_bytes(config.dtype) == 1           ? 8.0f
                         : config.dtype == ElementType::kFloat16 ? 14.0f
                                                                 : 0.0f;
  return {.prescale = prescale, .slack = 0.0f};
}

// Running softmax of the two rows of a thread.
template <PrefillConfig kConfig>
struct Softmax {
  using Row = tile::RowState<softmax_range(kConfig)>;
  Row upper, lower;

  // Turns a tile's scores into probabilities; returns what earlier sums are to be multiplied by.
  __device__ __forceinline__ tile::RowPair<float> weigh(float (&scores)[kAccumulators],
                                                        float scale) {
    const tile::RowPair<float> largest = tile::row_max(scores);
    const tile::RowPair<float> factors{upper.update_reference(largest.upper * scale),
                                       lower.update_reference(largest.lower * scale)};
    const float upper_offset = upper.offset(), lower_offset = lower.offset();
#pragma unroll
    for (int i = 0; i < kAccumulators; ++i) {
      const float offset = i & 2 ? lower_offset : upper_offset;
      scores[i] = ptx::ex2_approx_ftz(fmaf(scores[i], scale, -offset));
    }
#pragma unroll
    for (int i = 0; i < kAccumulators; i += 4) {
      upper.sum += scores[i] + scores[i + 1];
      lower.sum += scores[i + 2] + scores[i + 3];
    }
    return factors;
  }
};

// Probabilities in the accumulator layout as the first operand of the value product. One in 16-bit
// words has it already; one in bytes takes the keys in the order of TransposedValues.
template <PrefillConfig kConfig>
__device__ __forceinline__ void pack(Probabilities<kConfig>& p,
                                     const float (&scores)[kAccumulators]) {
  if constexpr (transposes_values(kConfig)) {
    const auto word = [&](int i) {
      constexpr ElementType kType = ElementType::kFloat8E4M3;
      return tile::rounded_pair<kType>(scores[i], scores[i + 1]) |
             tile::rounded_pair<kType>(scores[i + 4], scores[i + 5]) << 16;
    };
#pragma unroll
    for (int step = 0; step < kValueSteps<kConfig>; ++step) {
      const int i = 16 * step;
      p[step] = make_uint4(word(i), word(i + 2), word(i + 8), word(i + 10));
    }
  } else {
    const auto word = [&](int i) {
      return tile::rounded_pair<kConfig.dtype>(scores[i], scores[i + 1]);
    };
#pragma unroll
    for (int step = 0; step < kValueSteps<kConfig>; ++step) {
      const int i = 8 * step;
      p[step] = make_uint4(word(i), word(i + 2), word(i + 4), word(i + 6));
    }
  }
}

}  // namespace mla::sm90::prefill
