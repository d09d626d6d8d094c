// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/number_format.h"

#include <cmath>
#include <limits>
#include <stdexcept>

namespace mla::test {
namespace {

struct NumberFormat {
  int exponent_bits;
  int mantissa_bits;
  bool has_infinity;  // without: all ones is NaN, everything below is a number

  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  int min_exponent() const { return 1 - bias(); }
  std::uint32_t sign_bit() const { return 1u << (exponent_bits + mantissa_bits); }
  std::uint32_t exponent_mask() const { return (1u << exponent_bits) - 1; }
  std::uint32_t mantissa_mask() const { return (1u << mantissa_bits) - 1; }
  std::uint32_t infinity() const { return exponent_mask() << mantissa_bits; }
  std::uint32_t nan() const { return infinity() | mantissa_mask(); }
  std::uint32_t largest() const { return has_infinity ? infinity() - 1 : nan() - 1; }
};

NumberFormat format_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat32: return {8, 23, true};
    case DType::kFloat16: return {5, 10, true};
    case DType::kBFloat16: return {8, 7, true};
    case DType::kFloat8E4M3: return {4, 3, false};
    case DType::kFloat8E5M2: return {5, 2, true};
    default: throw std::invalid_argument("not a floating-point dtype");
  }
}

double decode_magnitude(std::uint32_t bits, const NumberFormat& format) {
  const std::uint32_t exponent = (bits >> format.mantissa_bits) & format.exponent_mask();
  const std::uint32_t mantissa = bits & format.mantissa_mask();
  if (!format.has_infinity && bits == format.nan()) return std::nan("");
  if (format.has_infinity && exponent == format.exponent_mask()) {
    return mantissa == 0 ? std::numeric_limits<double>::infinity() : std::nan("");
  }
  const std::uint32_t implicit_one = exponent == 0 ? 0 : 1u << format.mantissa_bits;
  const int power =
      exponent == 0 ? format.min_exponent() : static_cast<int>(exponent) - format.bias();
  return std::ldexp(static_cast<double>(implicit_one + mantissa), power - format.mantissa_bits);
}

std::uint32_t encode_magnitude(double magnitude, const NumberFormat& format) {
  const std::uint32_t beyond = format.has_infinity ? format.infinity() : format.nan();
  if (std::isinf(magnitude)) return beyond;
  if (magnitude == 0) return 0;
  const int power = std::max(std::ilogb(magnitude), format.min_exponent());
  const double steps = std::nearbyint(std::ldexp(magnitude, format.mantissa_bits - power));
  // Steps reach 2^(mantissa_bits + 1) when rounding carries; the sum then carries into the
  // exponent.
  const auto exponent = static_cast<std::uint32_t>(power - format.min_exponent());
  const double bits = std::ldexp(exponent, format.mantissa_bits) + steps;
  return bits > format.largest() ? beyond : static_cast<std::uint32_t>(bits);
}

}  // namespace

double decode_bits(std::uint32_t bits, DType dtype) {
  const NumberFormat format = format_of(dtype);
  const double magnitude = decode_magnitude(bits & (format.sign_bit() - 1), format);
  return (bits & format.sign_bit()) != 0 ? -magnitude : magnitude;
}

std::uint32_t encode_bits(double value, DType dtype) {
  const NumberFormat format = format_of(dtype);
  const std::uint32_t sign = std::signbit(value) ? format.sign_bit() : 0;
  return sign | (std::isnan(value) ? format.nan() : encode_magnitude(std::fabs(value), format));
}

double round_to(double value, DType dtype) {
  return decode_bits(encode_bits(value, dtype), dtype);
}

double largest_finite(DType dtype) {
  return decode_bits(format_of(dtype).largest(), dtype);
}

}  // namespace mla::test
