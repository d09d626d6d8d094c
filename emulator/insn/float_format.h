// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace emulator {

enum class Rounding : uint8_t { kNearestEven, kTowardZero, kDown, kUp };

// Subnormal numbers become zeros of the same sign (.ftz).
inline float flush_subnormal(float value) {
  return std::fabs(value) < std::numeric_limits<float>::min() ? std::copysign(0.0f, value) : value;
}

// A binary floating-point format, as the conversions need it.
struct FloatFormat {
  int fraction_bits;
  int exponent_bits;
  bool has_infinity;    // else the largest exponent holds numbers, and NaN is all ones
  uint64_t max_finite;  // bits of the largest finite number
  uint64_t nan;         // bits of the NaN that conversions give

  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  uint64_t sign_bit() const { return uint64_t{1} << (fraction_bits + exponent_bits); }
  uint64_t infinity() const { return ((uint64_t{1} << exponent_bits) - 1) << fraction_bits; }
};

inline constexpr FloatFormat kF32Format{23, 8, true, 0x7f7fffff, 0x7fffffff};
inline constexpr FloatFormat kF16Format{10, 5, true, 0x7bff, 0x7fff};
inline constexpr FloatFormat kBf16Format{7, 8, true, 0x7f7f, 0x7fff};
inline constexpr FloatFormat kE5m2Format{2, 5, true, 0x7b, 0x7f};
inline constexpr FloatFormat kE4m3Format{3, 4, false, 0x7e, 0x7f};
inline constexpr FloatFormat kTf32Format{10, 8, true, 0x3fbff, 0x3ffff};

// Rounds a double to a format. Values beyond the largest finite number become infinity, or that
// number when `saturates` is set or the rounding says so.
uint64_t round_to_format(double value, const FloatFormat& format, Rounding rounding,
                         bool saturates);

// The exact value of a number of a format.
double value_of_format(uint64_t bits, const FloatFormat& format);

inline float f16_to_float(uint16_t bits) {
  return static_cast<float>(value_of_format(bits, kF16Format));
}
inline float bf16_to_float(uint16_t bits) {
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

// a * b + c as a double whose rounding to any format of at most 24 fraction bits is that of the
// exact value: what does not fit is kept in the last bit (rounding to odd).
double fma_to_odd(double a, double b, double c);

}  // namespace emulator
