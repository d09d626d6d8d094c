// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/sm90/decode_f16_storage.cuh"
#include "device/tile/online_softmax.cuh"
#include "device/tile/vector.cuh"

namespace mla::sm90::f16 {

// float16 keeps 2^-24 .. 2^16: the prescale moves small probabilities out of the subnormal range
// and leaves the slack and one doubling below the largest number. bfloat16 has the range of
// float32.
template <ElementType kType>
inline constexpr tile::SoftmaxRange kSoftmaxRange = {
    .prescale = kType == ElementType::kFloat16 ? 7.0f : 0.0f, .slack = 8.0f};

// The two rows of a thread.
template <ElementType kType>
struct Softmax {
  tile::RowState<kSoftmaxRange<kType>> upper, lower;
  // This thread's share of the probabilities as rounded: what O is divided by, so that a row's
  // largest weights are not off by their rounding.
  tile::RowPair<float> weights = {0.0f, 0.0f};

  __device__ tile::RowPair<float> references() const { return {upper.reference, lower.reference}; }

  // Takes in a tile's largest scores and returns what earlier sums are to be multiplied by.
  __device__ tile::RowPair<float> update_references(tile::RowPair<float> largest) {
    const tile::RowPair<float> factors = {upper.update_reference(largest.upper),
                                          lower.update_reference(largest.lower)};
    weights.upper *= factors.upper;
    weights.lower *= factors.lower;
    return factors;
  }

  // Takes over references that are nowhere lower, and returns the same.
  __device__ tile::RowPair<float> adopt(tile::RowPair<float> references) {
    const tile::RowPair<float> factors = {upper.adopt(references.upper),
                                          lower.adopt(references.lower)};
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

}  // namespace mla::sm90::f16
