// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cpu/rows.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "cpu/each_target.h"

namespace mla::cpu {
namespace {

// A binary floating-point type, described once more and on its own terms for the test.
struct Format {
  DType dtype;
  int bits;
  int mantissa_bits;
  int bias;
  bool has_infinity;
  bool saturates;
};

constexpr Format kFormats[] = {{DType::kFloat16, 16, 10, 15, true, false},
                               {DType::kBFloat16, 16, 7, 127, true, false},
                               {DType::kFloat8E5M2, 8, 2, 15, true, true},
                               {DType::kFloat8E4M3, 8, 3, 7, false, true}};

// The value of a code, from the definition of the format.
double value_of(const Format& format, std::uint32_t code) {
  const int exponent_bits = format.bits - 1 - format.mantissa_bits;
  const std::uint32_t mantissa = code & ((1u << format.mantissa_bits) - 1);
  const std::uint32_t exponent = (code >> format.mantissa_bits) & ((1u << exponent_bits) - 1);
  const double sign = code >> (format.bits - 1) ? -1.0 : 1.0;
  const bool is_last = exponent == (1u << exponent_bits) - 1;
  if (is_last && format.has_infinity) {
    return mantissa ? std::numeric_limits<double>::quiet_NaN()
                    : sign * std::numeric_limits<double>::infinity();
  }
  if (is_last && mantissa == (1u << format.mantissa_bits) - 1) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double fraction = std::ldexp(mantissa, -format.mantissa_bits);
  return sign * (exponent ? std::ldexp(1 + fraction, int(exponent) - format.bias)
                          : std::ldexp(fraction, 1 - format.bias));
}

std::uint32_t code_at(const Format& format, const std::vector<std::uint8_t>& codes, std::size_t i) {
  if (format.bits == 8) return codes[i];
  std::uint16_t code;
  std::memcpy(&code, codes.data() + 2 * i, 2);
  return code;
}

std::vector<std::uint8_t> all_codes(const Format& format) {
  std::vector<std::uint8_t> codes;
  for (std::uint32_t code = 0; code < 1u << format.bits; ++code) {
    codes.push_back(std::uint8_t(code));
    if (format.bits == 16) codes.push_back(std::uint8_t(code >> 8));
  }
  return codes;
}

std::vector<std::uint32_t> encode(const Format& format, const std::vector<float>& values,
                                  float scale = 1.0f) {
  std::vector<std::uint8_t> codes(values.size() * (format.bits / 8));
  from_float(values.data(), scale, format.dtype, codes.data(), std::int64_t(values.size()));
  std::vector<std::uint32_t> result;
  for (std::size_t i = 0; i < values.size(); ++i) result.push_back(code_at(format, codes, i));
  return result;
}

class Rows : public EachTarget {};

TEST_P(Rows, EveryCodeDecodesToItsValue) {
  for (const Format& format : kFormats) {
    const std::vector<std::uint8_t> codes = all_codes(format);
    std::vector<float> values(1u << format.bits);
    to_float(format.dtype, codes.data(), values.data(), std::int64_t(values.size()));
    for (std::uint32_t code = 0; code < values.size(); ++code) {
      const double expected = value_of(format, code);
      ASSERT_TRUE(std::isnan(expected) ? std::isnan(values[code]) : values[code] == expected)
          << name(format.dtype) << " code " << code << ": " << values[code] << " != " << expected;
      ASSERT_EQ(std::signbit(values[code]), code >> (format.bits - 1) == 1);
    }
  }
}

TEST_P(Rows, EveryFiniteCodeSurvivesARoundTrip) {
  for (const Format& format : kFormats) {
    std::vector<float> values;
    std::vector<std::uint32_t> expected;
    for (std::uint32_t code = 0; code < 1u << format.bits; ++code) {
      const double value = value_of(format, code);
      if (!std::isfinite(value)) continue;
      values.push_back(float(value));
      expected.push_back(code);
    }
    EXPECT_EQ(encode(format, values), expected) << name(format.dtype);
  }
}

// Between neighbours a and b: just below the middle goes to a, just above to b, the middle to the
// even one.
TEST_P(Rows, RoundsToNearestEven) {
  for (const Format& format : kFormats) {
    std::vector<float> values;
    std::vector<std::uint32_t> expected;
    for (std::uint32_t code = 0; std::isfinite(value_of(format, code + 1)); ++code) {
      const float middle = float((value_of(format, code) + value_of(format, code + 1)) / 2);
      if (middle < std::numeric_limits<float>::min()) continue;  // below float32's normal numbers
      const std::uint32_t even = code + (code & 1);
      for (const float sign : {1.0f, -1.0f}) {
        const std::uint32_t sign_bit = sign < 0 ? 1u << (format.bits - 1) : 0;
        values.insert(values.end(),
                      {sign * std::nextafter(middle, 0.0f), sign * middle,
                       sign * std::nextafter(middle, std::numeric_limits<float>::max())});
        expected.insert(expected.end(), {code | sign_bit, even | sign_bit, (code + 1) | sign_bit});
      }
    }
    EXPECT_EQ(encode(format, values), expected) << name(format.dtype);
  }
}

TEST_P(Rows, OverflowsAsTheFormatSays) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(encode(kFormats[0], {65519.0f, 65520.0f, 1e30f, -infinity}),
            (std::vector<std::uint32_t>{0x7bff, 0x7c00, 0x7c00, 0xfc00}));
  EXPECT_EQ(encode(kFormats[1], {3.4e38f, -infinity}),
            (std::vector<std::uint32_t>{0x7f80, 0xff80}));
  EXPECT_EQ(encode(kFormats[2], {57344.0f, 61440.0f, 1e30f, infinity, -infinity}),
            (std::vector<std::uint32_t>{0x7b, 0x7b, 0x7b, 0x7b, 0xfb}));
  EXPECT_EQ(encode(kFormats[3], {448.0f, 464.0f, 480.0f, 1e30f, infinity, -infinity}),
            (std::vector<std::uint32_t>{0x7e, 0x7e, 0x7e, 0x7e, 0x7e, 0xfe}));
}

TEST_P(Rows, NanStaysNan) {
  const std::vector<float> nans = {std::numeric_limits<float>::quiet_NaN(),
                                   -std::numeric_limits<float>::quiet_NaN(),
                                   std::bit_cast<float>(0x7f800001u)};
  for (const Format& format : kFormats) {
    for (const std::uint32_t code : encode(format, nans)) {
      EXPECT_TRUE(std::isnan(value_of(format, code))) << name(format.dtype) << " code " << code;
    }
  }
}

TEST_P(Rows, ScalesInFloat32BeforeRounding) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0f, 10.0f);
  std::vector<float> values(1000);
  for (float& value : values) value = normal(random);
  std::vector<float> scaled = values;
  for (float& value : scaled) value *= 0.37f;
  for (const Format& format : kFormats) {
    EXPECT_EQ(encode(format, values, 0.37f), encode(format, scaled)) << name(format.dtype);
  }
}

TEST_P(Rows, WritesNothingPastTheEnd) {
  const std::vector<float> source(40, 2.0f);
  for (std::int64_t count = 0; count <= 35; ++count) {
    std::vector<float> target(40, 1.0f);
    add_scaled(3.0f, source.data(), target.data(), count);
    std::vector<std::uint8_t> codes(40, 0x55);
    from_float(source.data(), 1.0f, DType::kFloat8E4M3, codes.data(), count);
    for (int i = 0; i < 40; ++i) {
      EXPECT_EQ(target[i], i < count ? 7.0f : 1.0f);
      EXPECT_EQ(codes[i], i < count ? 0x40 : 0x55);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Rows, testing::ValuesIn(supported_targets()), target_name);

}  // namespace
}  // namespace mla::cpu
