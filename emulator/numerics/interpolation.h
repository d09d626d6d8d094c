// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

// How an H200 computes its approximate functions: the fraction of the argument is cut into
// segments, and in each of them a quadratic stands for the function, in fixed point, with a squarer
// that leaves its smallest partial products out. The numbers of each function were fitted to the
// results of all 2^23 fractions.
namespace emulator {

struct Segment {
  int32_t value;
  int32_t slope;
  int32_t curvature;
};

struct Interpolation {
  const Segment* segments;
  int rest_bits;  // of the fraction's 23, those within a segment
  int value_shift;
  int curvature_shift;
  int rounding;
};

// rest^2 / 2^19 for 17 bits, without the products of two bits that lie below 2^19.
[[gnu::always_inline]] inline int32_t truncated_square(int32_t rest) {
  const int32_t high = rest >> 9;
  const int32_t low = rest & 511;
  int32_t sum = high * high >> 1;
#pragma GCC unroll 8
  for (int bit = 1; bit < 8; ++bit) sum += -(high >> bit & 1) & low >> (9 - bit);
  return sum;
}

// The function at a fraction of 23 bits, in a unit that is the function's own: less than 2^53, so
// that it is a whole number as a double too, of which the host has vectors.
template <typename Sum = int64_t>
[[gnu::always_inline]] inline Sum interpolate(const Interpolation& function, int32_t fraction) {
  const Segment& segment = function.segments[fraction >> function.rest_bits];
  const int32_t rest = fraction & ((1 << function.rest_bits) - 1);
  const int32_t square = truncated_square(rest << (17 - function.rest_bits));
  return static_cast<Sum>(segment.value) * (int64_t{1} << function.value_shift) +
         function.rounding + static_cast<Sum>(segment.slope) * rest +
         static_cast<Sum>(segment.curvature) * square * (1 << function.curvature_shift);
}

}  // namespace emulator
