// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/f32x2.cuh"
#include "device/ptx/math.cuh"
#include "device/ptx/tcgen05.cuh"
#include "device/tile/vector.cuh"

// Softmax of scores that a thread has of one row, and its lane's sums in tensor memory.
namespace mla::sm100 {

template <int kCount>
__device__ __forceinline__ float largest_of(const float (&scores)[kCount]) {
  float largest = -kInfinity;
#pragma unroll
  for (int i = 0; i < kCount; i += 2) {
    largest = fmaxf(largest, fmaxf(scores[i], scores[i + 1]));
  }
  return largest;
}

// Scores of keys that the row does not see become -inf. first_key is the thread's. Returns the
// largest that is left.
template <int kCount>
__device__ __forceinline__ float mask_scores(float (&scores)[kCount], int first_key, int bound,
                                             float largest) {
  if (first_key + kCount <= bound) return largest;
#pragma unroll
  for (int i = 0; i < kCount; ++i) {
    if (first_key + i >= bound) scores[i] = -kInfinity;
  }
  return largest_of(scores);
}

// Adds a vector of probabilities as they were rounded, the even and the odd ones.
template <ElementType kType>
__device__ __forceinline__ float2 add_rounded(float2 sums, const uint4& vector) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    unsigned pair = tile::word(vector, i);
    constexpr bool kIsFloat8 = size_bytes(kType) == 1;
    if constexpr (kIsFloat8) {
      // Of four significant bits each: float16 holds the sum of two, of unlike size all but
      // exactly.
      pair = ptx::add_rn_f16x2(ptx::cvt_f16x2_e4m3x2(static_cast<unsigned short>(pair)),
                               ptx::cvt_f16x2_e4m3x2(static_cast<unsigned short>(pair >> 16)));
    }
    constexpr ElementType kHalf = kIsFloat8 ? ElementType::kFloat16 : kType;
    sums = ptx::add_rn_f32x2(sums, {tile::element<kHalf>(pair, 0), tile::element<kHalf>(pair, 1)});
  }
  return sums;
}

// Probabilities of 16 bytes' worth of scores, as they were rounded; adds them to the sums of even
// and odd keys, and as rounded to the weights.
template <ElementType kType>
__device__ __forceinline__ uint4 weigh(const float* scores, float scale, float offset, float2& sums,
                                       float2& weights) {
  constexpr int kCount = 16 / size_bytes(kType);
  float values[kCount];
#pragma unroll
  for (int i = 0; i < kCount; i += 2) {
    const float2 exponents =
        ptx::fma_rn_f32x2({scores[i], scores[i + 1]}, {scale, scale}, {offset, offset});
    values[i] = ptx::ex2_approx_ftz(exponents.x);
    values[i + 1] = ptx::ex2_approx_ftz(exponents.y);
    sums = ptx::add_rn_f32x2(sums, {values[i], values[i + 1]});
  }
  const uint4 vector = tile::rounded<kType>(values);
  weights = add_rounded<kType>(weights, vector);
  return vector;
}

// Multiplies what the warp's lanes hold of O.
template <unsigned kColumns>
__device__ inline void rescale_sums(unsigned sums, float factor) {
#pragma unroll 1
  for (unsigned column = 0; column < kColumns; column += 32) {
    float values[32];
    ptx::tcgen05_ld_32x32b_x32(values, sums + column);
    ptx::tcgen05_wait_ld();
    ptx::tcgen05_fence_registers(values);
#pragma unroll
    for (int i = 0; i < 32; i += 2) {
      const float2 scaled = ptx::mul_rn_f32x2({values[i], values[i + 1]}, {factor, factor});
      values[i] = scaled.x;
      values[i + 1] = scaled.y;
    }
    ptx::tcgen05_st_32x32b_x32(sums + column, values);
  }
  ptx::tcgen05_wait_st();
}

}  // namespace mla::sm100
