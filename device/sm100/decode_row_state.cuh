// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/element_type.h"
#include "device/ptx/math.cuh"

namespace mla::sm100 {

// Probabilities are kept as 2^(score - reference + prescale). The reference moves to a tile's
// largest score only when that exceeds it by more than `slack` or falls short of it by more than
// `drop`, so that few tiles rescale anything.
struct ReferenceRange {
  float prescale;
  float slack;
  float drop;
};

// e4m3 keeps 2^-9 .. 2^8: the reference follows the tiles down as well, so that many small
// probabilities behind a large one do not vanish. float16 keeps 2^-24 .. 2^16, bfloat16 has the
// range of float32.
template <ElementType kType>
inline constexpr ReferenceRange kReferenceRange =
    kType == ElementType::kFloat8E4M3
        ? ReferenceRange{.prescale = 5.0f, .slack = 3.0f, .drop = 3.0f}
        : ReferenceRange{.prescale = kType == ElementType::kFloat16 ? 7.0f : 0.0f,
                         .slack = 8.0f,
                         .drop = kInfinity};

// How far the reference may lie below the largest score of all: sums stay in the range of float32.
inline constexpr float kDeepestReference = 64.0f;

// What a row of a finished piece came to.
struct RowResult {
  float inverse_weight;  // 1 / the sum of its probabilities as rounded; 0 when it sees no key
  float lse;             // base 2
};

// Running softmax of one row. The two threads of the row have the same reference, and each its
// share of the sums.
template <ElementType kType>
struct RowState {
  static constexpr ReferenceRange kRange = kReferenceRange<kType>;

  float reference = -kInfinity;  // base-2 score that probabilities are relative to
  float largest = -kInfinity;    // reference there has been
  float sum = 0.0f;              // of probabilities
  float weight = 0.0f;           // the same as rounded: what O is divided by

  // Takes in the tile's largest score and returns what earlier sums are to be multiplied by.
  __device__ float update_reference(float tile_max) {
    const bool is_near =
        tile_max <= reference + kRange.slack && tile_max >= reference - kRange.drop;
    if (is_near || tile_max == -kInfinity) return 1.0f;
    largest = fmaxf(largest, tile_max);
    const float moved = fmaxf(tile_max, largest - kDeepestReference);
    const float factor = reference == -kInfinity ? 1.0f : ptx::ex2_approx_ftz(reference - moved);
    reference = moved;
    sum *= factor;
    weight *= factor;
    return factor;
  }

  __device__ float offset() const {
    return reference == -kInfinity ? 0.0f : reference - kRange.prescale;
  }

  // Once sum and weight are the row's.
  __device__ RowResult result() const {
    const bool has_keys = sum > 0.0f || sum != sum;
    return {weight == 0.0f ? 0.0f : 1.0f / weight, has_keys ? offset() + log2f(sum) : -kInfinity};
  }
};

}  // namespace mla::sm100
