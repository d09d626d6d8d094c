// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>

#include "emulator/numerics/reciprocal.h"

// div.approx and div.full as ptxas compiles them: a product with rcp.approx.ftz, whose bits were
// measured, of operands that are scaled where the reciprocal of a normal number is not normal.
namespace emulator {

// div.approx. A divisor above 2^126 has no reciprocal that is normal: the result is zero, or NaN
// where `a` is infinite.
inline float divide_approximately(float a, float b) {
  constexpr float kScale = 0x1p24f;
  const bool is_subnormal = std::fabs(b) < std::numeric_limits<float>::min();
  return is_subnormal ? a * kScale * reciprocal_flushing(b * kScale) : a * reciprocal_flushing(b);
}

// div.full: over the full range of divisors.
inline float divide_over_full_range(float a, float b) {
  constexpr float kScale = 0.25f;
  const bool is_huge = std::fabs(b) > 0x1p126f;
  return is_huge ? divide_approximately(a * kScale, b * kScale) : divide_approximately(a, b);
}

}  // namespace emulator
