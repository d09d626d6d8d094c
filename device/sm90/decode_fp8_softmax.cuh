// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/cvt.cuh"
#include "device/ptx/math.cuh"
#include "device/ptx/sync.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/tile/online_softmax.cuh"
#include "device/tile/vector.cuh"

namespace mla::sm90 {

// Probabilities of a span, one tile or two, are stored as 2^(score - the span's largest +
// kPrescale). The largest is thus a power of two, which e4m3 holds exactly, so that a key which
// outweighs the others is not rounded; the prescale takes small ones out of the subnormal range.
// Sums over spans are relative to a reference, which float32 lets lag far behind: it moves only
// when a score exceeds it by kSlack.
inline constexpr float kPrescale = 8.0f;
inline constexpr float kSlack = 15.0f;

// Running softmax of one row, shared by the four threads that hold its columns.
struct RowState {
  float reference = -kInfinity;  // base-2 score that sums are relative to
  float sum = 0.0f;              // this thread's share
  float weighed_sum = 0.0f;      // the same with span scales as the values role has them

  // Takes in the span's largest score and returns what earlier sums are to be multiplied by.
  __device__ float update_reference(float largest) {
    if (!(largest > reference + kSlack)) return 1.0f;
    const float factor = ptx::ex2_approx_ftz(reference - largest);
    reference = largest;
    sum *= factor;
    weighed_sum *= factor;
    return factor;
  }

  // What the span's sums are to be multiplied by.
  __device__ float span_scale(float largest) const {
    return largest == -kInfinity ? 0.0f : ptx::ex2_approx_ftz(largest - reference);
  }

  __device__ void add(float span_sum, float scale, float rounded_scale) {
    sum = fmaf(span_sum, scale, sum);
    weighed_sum = fmaf(span_sum, rounded_scale, weighed_sum);
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

// A span that the row sees nothing of has scores of -inf only, and probabilities of 0.
__device__ inline float probability_offset(float largest) {
  return largest == -kInfinity ? 0.0f : largest - kPrescale;
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

// What a thread of the scores role knows about its two rows of a piece.
struct ScoreRows {
  int upper;                  // of the tile: 16 warp + lane / 4; the lower one is 8 further
  tile::RowPair<int> bounds;  // keys that they see
  RowState upper_state, lower_state;
};

// Leaves the probabilities of one tile of the span, relative to the span's largest scores, in the
// place of the keys' rope part, and adds this thread's share of them to `sums`.
template <DecodeConfig kConfig>
__device__ void store_probabilities(DecodeStorage<kConfig>& storage, int stage,
                                    const ScoreRows& rows, const float (&scores)[32],
                                    tile::RowPair<float> offsets, float scale,
                                    tile::RowPair<float>& sums) {
  static_assert(kConfig.tile_kv == 64);  // P has rows of 64 bytes and the 64-byte swizzle
  const int row = ptx::opaque(rows.upper);
  unsigned char* row_keys = &storage.kv[stage].rope[row][4 * (ptx::laneid() % 4)];
  const int swizzle = row / 2 % 4;
#pragma unroll
  for (int chunk = 0; chunk < 4; ++chunk) {
    const float* group = scores + 8 * chunk;
    const unsigned upper_p = probabilities(group, group + 4, scale, offsets.upper, sums.upper);
    const unsigned lower_p = probabilities(group + 2, group + 6, scale, offsets.lower, sums.lower);
    auto* target = reinterpret_cast<unsigned*>(row_keys + 16 * (chunk ^ swizzle));
    target[0] = upper_p;
    if (row + 8 < kConfig.tile_rows) target[8 * 64 / 4] = lower_p;  // swizzled alike
  }
}

// Softmax of one span, whose largest scores are known: leaves P, what its sums are to be multiplied
// by, and what earlier ones are to be multiplied by in shared memory.
template <DecodeConfig kConfig, int kTiles>
__device__ void store_span(DecodeStorage<kConfig>& storage, int p_stage,
                           const int (&stages)[kTiles], ScoreRows& rows,
                           const float (&scores)[kTiles][32], tile::RowPair<float> largest,
                           float scale, bool is_first) {
  const tile::RowPair<float> factors{rows.upper_state.update_reference(largest.upper),
                                     rows.lower_state.update_reference(largest.lower)};
  const tile::RowPair<float> scales{rows.upper_state.span_scale(largest.upper),
                                    rows.lower_state.span_scale(largest.lower)};
  const tile::RowPair<float> offsets{probability_offset(largest.upper),
                                     probability_offset(largest.lower)};
  tile::RowPair<float> sums{0.0f, 0.0f};
#pragma unroll
  for (int i = 0; i < kTiles; ++i) {
    store_probabilities<kConfig>(storage, stages[i], rows, scores[i], offsets, scale, sums);
  }
  const unsigned rounded = tile::rounded_pair<kSpanScaleType>(scales.upper, scales.lower);
  rows.upper_state.add(sums.upper, scales.upper, tile::element<kSpanScaleType>(rounded, 0));
  rows.lower_state.add(sums.lower, scales.lower, tile::element<kSpanScaleType>(rounded, 1));
  const bool needs_rescale = __any_sync(~0u, factors.upper != 1.0f || factors.lower != 1.0f);
  const int row = ptx::opaque(rows.upper);
  if (ptx::laneid() % 4 == 0) {
    storage.rescale[p_stage][row] = factors.upper;
    storage.rescale[p_stage][row + 8] = factors.lower;
    storage.span_scales[p_stage].set(row, rounded);
  }
  // Before a piece's first span there is nothing to rescale.
  if (ptx::laneid() == 0) {
    storage.needs_rescale[p_stage][row / 16] = needs_rescale && !is_first;
  }
}

}  // namespace mla::sm90
