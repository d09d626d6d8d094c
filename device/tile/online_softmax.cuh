// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/math.cuh"
#include "device/ptx/sync.cuh"

// Online softmax over score tiles in the accumulator layout of a 64-row product: thread t of a warp
// holds rows t / 4 (upper) and t / 4 + 8 (lower), and of each 8 keys the columns 2 (t % 4) and the
// next: scores[4 i + 0, 1] are upper, scores[4 i + 2, 3] lower, of keys 8 i ...
namespace mla::tile {

__device__ inline float quad_max(float value) {
  value = fmaxf(value, __shfl_xor_sync(~0u, value, 1));
  return fmaxf(value, __shfl_xor_sync(~0u, value, 2));
}

__device__ inline float quad_sum(float value) {
  value += __shfl_xor_sync(~0u, value, 1);
  return value + __shfl_xor_sync(~0u, value, 2);
}

// Probabilities are kept as 2^(score - reference + prescale). The reference moves only when a score
// exceeds it by more than `slack`, so that few tiles rescale anything.
struct SoftmaxRange {
  float prescale;
  float slack;
};

// Running softmax of one row, shared by the four threads that hold its columns.
template <SoftmaxRange kRange>
struct RowState {
  float reference = -kInfinity;  // base-2 score that probabilities are relative to
  float sum = 0.0f;              // this thread's share

  // Takes in the tile's largest score and returns what earlier sums are to be multiplied by.
  __device__ float update_reference(float tile_max) {
    if (!(tile_max > reference + kRange.slack)) return 1.0f;
    return adopt(tile_max);
  }

  // Takes a reference that is no lower, and returns the same.
  __device__ float adopt(float other) {
    if (other == reference) return 1.0f;
    const float factor = reference == -kInfinity ? 1.0f : ptx::ex2_approx_ftz(reference - other);
    reference = other;
    sum *= factor;
    return factor;
  }

  __device__ float offset() const {
    return reference == -kInfinity ? 0.0f : reference - kRange.prescale;
  }

  // The row's log-sum-exp, base 2; its four threads call it together.
  __device__ float lse() const { return lse_of(quad_sum(sum)); }

  // The same, where the sum of all threads is known.
  __device__ float lse_of(float total) const {
    return total > 0.0f || total != total ? offset() + log2f(total) : -kInfinity;
  }
};

// One value for each of a thread's two rows.
template <typename T>
struct RowPair {
  T upper, lower;
};

// Scores of keys that a row does not see become -inf. Bounds are keys of the request, as first_key.
template <int kCount>
__device__ inline void mask_scores(float (&scores)[kCount], int first_key, RowPair<int> bounds) {
  const int lane_key = first_key + 2 * (ptx::laneid() % 4);
#pragma unroll
  for (int i = 0; i < kCount; ++i) {
    const int key = lane_key + 8 * (i / 4) + i % 2;
    if (key >= ((i & 2) ? bounds.lower : bounds.upper)) scores[i] = -kInfinity;
  }
}

// The larger of `largest` and the thread's own scores of each row.
template <int kCount>
__device__ inline RowPair<float> own_max(const float (&scores)[kCount], RowPair<float> largest) {
#pragma unroll
  for (int i = 0; i < kCount; i += 4) {
    largest.upper = fmaxf(largest.upper, fmaxf(scores[i], scores[i + 1]));
    largest.lower = fmaxf(largest.lower, fmaxf(scores[i + 2], scores[i + 3]));
  }
  return largest;
}

// The largest score of each of the thread's rows, over all columns of the tile.
template <int kCount>
__device__ inline RowPair<float> row_max(const float (&scores)[kCount]) {
  const RowPair<float> largest = own_max(scores, {-kInfinity, -kInfinity});
  return {quad_max(largest.upper), quad_max(largest.lower)};
}

}  // namespace mla::tile
