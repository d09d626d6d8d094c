// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/float_format.h"

#include <algorithm>

namespace emulator {
namespace {

// Drops `shift` low bits of an integer, rounding as told.
uint64_t round_shift(uint64_t value, int shift, bool is_negative, Rounding rounding) {
  if (shift <= 0) return value << -shift;
  if (shift > 62) shift = 62;  // the value has 53 bits: all of it is dropped either way
  const uint64_t kept = value >> shift;
  const uint64_t dropped = value & ((uint64_t{1} << shift) - 1);
  const uint64_t half = uint64_t{1} << (shift - 1);
  switch (rounding) {
    case Rounding::kNearestEven: return kept + (dropped > half || (dropped == half && (kept & 1)));
    case Rounding::kTowardZero: return kept;
    case Rounding::kDown: return kept + (is_negative && dropped != 0);
    case Rounding::kUp: return kept + (!is_negative && dropped != 0);
  }
  return kept;
}

// Whether a value too large for the format stays at its largest finite number.
bool stops_at_max(bool is_negative, Rounding rounding) {
  switch (rounding) {
    case Rounding::kNearestEven: return false;
    case Rounding::kTowardZero: return true;
    case Rounding::kDown: return !is_negative;
    case Rounding::kUp: return is_negative;
  }
  return false;
}

uint64_t overflow(const FloatFormat& format, bool is_negative, Rounding rounding, bool saturates) {
  if (saturates || stops_at_max(is_negative, rounding)) return format.max_finite;
  return format.has_infinity ? format.infinity() : format.nan;
}

}  // namespace

uint64_t round_to_format(double value, const FloatFormat& format, Rounding rounding,
                         bool saturates) {
  if (value != value) return format.nan;
  const bool is_negative = std::signbit(value);
  const uint64_t sign = is_negative ? format.sign_bit() : 0;
  if (std::isinf(value)) {
    return sign | overflow(format, is_negative, Rounding::kNearestEven, saturates);
  }
  if (value == 0) return sign;
  int exponent = 0;
  const double mantissa = std::frexp(std::fabs(value), &exponent);  // [0.5, 1) * 2^exponent
  const auto integer = static_cast<uint64_t>(std::ldexp(mantissa, 53));
  // Numbers below the smallest normal one share its exponent.
  const int biased = std::max(1, exponent - 1 + format.bias());
  const int shift = 52 - format.fraction_bits + (biased - (exponent - 1 + format.bias()));
  const uint64_t fraction = round_shift(integer, shift, is_negative, rounding);
  // A carry out of the fraction moves into the exponent by itself.
  const uint64_t bits = (static_cast<uint64_t>(biased - 1) << format.fraction_bits) + fraction;
  return sign |
         (bits > format.max_finite ? overflow(format, is_negative, rounding, saturates) : bits);
}

double value_of_format(uint64_t bits, const FloatFormat& format) {
  const uint64_t magnitude = bits & (format.sign_bit() - 1);
  const double sign = bits & format.sign_bit() ? -1.0 : 1.0;
  if (magnitude > format.max_finite) {
    const bool is_infinity = format.has_infinity && magnitude == format.infinity();
    return is_infinity ? sign * std::numeric_limits<double>::infinity()
                       : std::numeric_limits<double>::quiet_NaN();
  }
  const auto exponent = static_cast<int>(magnitude >> format.fraction_bits);
  const uint64_t fraction = magnitude & ((uint64_t{1} << format.fraction_bits) - 1);
  const uint64_t integer =
      exponent == 0 ? fraction : fraction | uint64_t{1} << format.fraction_bits;
  return sign * std::ldexp(static_cast<double>(integer),
                           std::max(exponent, 1) - format.bias() - format.fraction_bits);
}

double fma_to_odd(double a, double b, double c) {
  const double product = a * b;  // exact: both have at most 24 bits
  const double sum = product + c;
  if (!std::isfinite(sum)) return sum;
  const double rest = sum - product;
  const double error = (product - (sum - rest)) + (c - rest);
  const auto bits = std::bit_cast<uint64_t>(sum);
  if (error == 0 || (bits & 1)) return sum;
  return std::bit_cast<double>((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
}

}  // namespace emulator
