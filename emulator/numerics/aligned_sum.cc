// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/numerics/aligned_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace emulator {
namespace {

constexpr double kF32Overflow = 0x1p128;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

float round_to_f16(double sum) {
  const uint64_t bits = round_to_format(sum, kF16Format, Rounding::kNearestEven, false);
  return f16_to_float(static_cast<uint16_t>(bits));
}

// Toward zero, behind `fraction_bits` below the leading one or below that of the smallest normal
// number.
double cut_off(double sum, int fraction_bits) {
  const int exponent = std::max(std::ilogb(sum), accumulator_min_exponent(AccumulatorFormat::kF32));
  return std::ldexp(std::trunc(std::ldexp(sum, fraction_bits - exponent)),
                    exponent - fraction_bits);
}

}  // namespace

double aligned_sum(const OperandTile& a, int row, const OperandTile& b, int column, float c,
                   const ProductRule& rule) {
  int largest = alignment_exponent(c, accumulator_min_exponent(rule.accumulator));
  double plain_sum = c;
  for (int k = 0; k < a.depth(); ++k) {
    largest = std::max(largest, a.exponents(k)[row] + b.exponents(k)[column]);
    plain_sum += static_cast<double>(a.values(k)[row]) * b.values(k)[column];
  }
  // Finite operands cannot overflow a double, so that this comes from an infinity or a NaN.
  if (!std::isfinite(plain_sum)) return plain_sum;
  const int shift = rule.aligned_fraction_bits - largest;
  double sum = std::trunc(std::ldexp(static_cast<double>(c), shift));
  for (int k = 0; k < a.depth(); ++k) {
    const double product = static_cast<double>(a.values(k)[row]) * b.values(k)[column];
    sum += std::trunc(std::ldexp(product, shift));
  }
  return std::ldexp(sum, -shift) + 0.0;  // a zero is positive
}

float round_sum(double sum, const ProductRule& rule) {
  if (sum != sum) return std::bit_cast<float>(0x7fffffffu);
  if (rule.accumulator == AccumulatorFormat::kF16) return round_to_f16(sum);
  if (sum == 0) return 0;
  if (std::fabs(sum) >= kF32Overflow) return std::copysign(kInfinity, sum < 0 ? -1.0f : 1.0f);
  return static_cast<float>(cut_off(sum, rule.result_fraction_bits));
}

}  // namespace emulator
