// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// Partial results of 16-bit values are float16 times a power of two that some columns of a row
// share: the range of bfloat16 with the precision of float16.
namespace mla::tile {

inline constexpr unsigned kInfinityBits = 0x7f800000;

// exponent in [-126, 127].
__device__ inline float power_of_two(int exponent) {
  return __uint_as_float(static_cast<unsigned>(127 + exponent) << 23);
}

// The exponent by which the largest of a group's finite magnitudes lands in [2^13, 2^14).
__device__ inline int shared_exponent(float largest) {
  const int exponent = static_cast<int>(__float_as_uint(largest) >> 23 & 0xff) - 127;
  return max(exponent - 13, -126);
}

// 0 for infinities and NaN, which float16 holds whatever the exponent.
__device__ inline float finite_magnitude(float value) {
  const unsigned bits = __float_as_uint(value) & 0x7fffffff;
  return bits < kInfinityBits ? __uint_as_float(bits) : 0.0f;
}

}  // namespace mla::tile
