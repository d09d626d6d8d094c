// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/numerics/reference_product.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace emulator {
namespace {

using Wide = int64_t;

// significand * 2^lsb; `exponent` is that of the leading bit of a normal number.
struct Number {
  Wide significand;
  int lsb;
  int exponent;
};

struct Layout {
  int exponent_bits;
  int fraction_bits;
};

Layout layout_of(OperandFormat format) {
  switch (format) {
    case OperandFormat::kF16: return {5, 10};
    case OperandFormat::kBf16: return {8, 7};
    case OperandFormat::kTf32: return {8, 10};
    case OperandFormat::kE4m3: return {4, 3};
    case OperandFormat::kE5m2: return {5, 2};
    case OperandFormat::kE2m3: return {2, 3};
    case OperandFormat::kE3m2: return {3, 2};
    case OperandFormat::kE2m1: return {2, 1};
  }
  return {};
}

Number unpack(uint64_t bits, const Layout& layout) {
  const uint64_t fraction = bits & ((uint64_t{1} << layout.fraction_bits) - 1);
  const int field =
      static_cast<int>(bits >> layout.fraction_bits) & ((1 << layout.exponent_bits) - 1);
  const bool is_negative = (bits >> (layout.fraction_bits + layout.exponent_bits)) & 1;
  const int bias = (1 << (layout.exponent_bits - 1)) - 1;
  const int exponent = std::max(field, 1) - bias;
  const Wide magnitude =
      static_cast<Wide>(fraction) | (field > 0 ? Wide{1} << layout.fraction_bits : Wide{0});
  return {is_negative ? -magnitude : magnitude, exponent - layout.fraction_bits, exponent};
}

Number unpack_operand(OperandFormat format, uint32_t bits) {
  return unpack(format == OperandFormat::kTf32 ? bits >> 13 : bits, layout_of(format));
}

Number unpack_accumulator(float c, AccumulatorFormat format) {
  Number number = unpack(std::bit_cast<uint32_t>(c), {8, 23});
  if (format == AccumulatorFormat::kF16) number.exponent = std::max(number.exponent, -14);
  return number;
}

// Division of the magnitude by a power of two, toward zero; negative shifts multiply.
Wide shift_down(Wide value, int shift) {
  if (shift <= 0) return value << -shift;
  if (shift > 62) return 0;
  return value < 0 ? -(-value >> shift) : value >> shift;
}

int leading_bit(Wide magnitude) {
  int bit = -1;
  for (; magnitude != 0; magnitude >>= 1) ++bit;
  return bit;
}

// Rounds |sum| * 2^lsb; `fraction_bits` and `min_exponent` are those of the result.
double round_magnitude(Wide magnitude, int lsb, int fraction_bits, int min_exponent, bool nearest) {
  const int exponent = std::max(leading_bit(magnitude) + lsb, min_exponent);
  const int shift = exponent - fraction_bits - lsb;
  Wide kept = shift_down(magnitude, shift);
  if (nearest && shift > 0 && shift < 62) {
    const Wide twice_rest = 2 * (magnitude - (kept << shift));
    const Wide unit = Wide{1} << shift;
    if (twice_rest > unit || (twice_rest == unit && (kept & 1))) ++kept;
  }
  return std::ldexp(static_cast<double>(kept), exponent - fraction_bits);
}

float round_result(Wide sum, int lsb, const ProductRule& rule) {
  const bool is_f16 = rule.accumulator == AccumulatorFormat::kF16;
  const Wide magnitude = sum < 0 ? -sum : sum;
  const double rounded =
      is_f16 ? round_magnitude(magnitude, lsb, 10, -14, true)
             : round_magnitude(magnitude, lsb, rule.result_fraction_bits, -126, false);
  const double limit = is_f16 ? 65520 : 0x1p128;
  const float result =
      rounded >= limit ? std::numeric_limits<float>::infinity() : static_cast<float>(rounded);
  return sum < 0 ? -result : result;
}

}  // namespace

float reference_product(OperandFormat format_a, std::span<const uint32_t> a, OperandFormat format_b,
                        std::span<const uint32_t> b, float c, const ProductRule& rule) {
  std::vector<Number> terms{unpack_accumulator(c, rule.accumulator)};
  for (size_t k = 0; k < a.size(); ++k) {
    const Number x = unpack_operand(format_a, a[k]);
    const Number y = unpack_operand(format_b, b[k]);
    terms.push_back({x.significand * y.significand, x.lsb + y.lsb, x.exponent + y.exponent});
  }
  std::erase_if(terms, [](const Number& n) { return n.significand == 0; });
  if (terms.empty()) return 0;
  const int largest = std::ranges::max_element(terms, {}, &Number::exponent)->exponent;
  const int lsb = largest - rule.aligned_fraction_bits;
  Wide sum = 0;
  for (const Number& term : terms) sum += shift_down(term.significand, lsb - term.lsb);
  return sum == 0 ? 0 : round_result(sum, lsb, rule);
}

}  // namespace emulator
