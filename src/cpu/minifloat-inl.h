// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// Vectors of float32 from and to the narrow floating-point types; compiled once per instruction
// set.
#if defined(MLA_CPU_MINIFLOAT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef MLA_CPU_MINIFLOAT_INL_H
#undef MLA_CPU_MINIFLOAT_INL_H
#else
#define MLA_CPU_MINIFLOAT_INL_H
#endif

#include <bit>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace mla::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// sign, exponent, mantissa, with subnormals, as IEEE 754 has them; only the specials differ.
struct Float16 {
  using Code = std::uint16_t;
  static constexpr int kMantissaBits = 10;
  static constexpr int kBias = 15;
  static constexpr std::int32_t kFirstSpecial = 0x7c00;  // this code and those above: inf or NaN
  static constexpr std::int32_t kNan = 0x7e00;
  static constexpr float kSaturated = 65536.0f;  // larger magnitudes are rounded like this one
};

struct Float8E5M2 {
  using Code = std::uint8_t;
  static constexpr int kMantissaBits = 2;
  static constexpr int kBias = 15;
  static constexpr std::int32_t kFirstSpecial = 0x7c;
  static constexpr std::int32_t kNan = 0x7f;
  static constexpr float kSaturated = 57344.0f;
};

struct Float8E4M3 {
  using Code = std::uint8_t;
  static constexpr int kMantissaBits = 3;
  static constexpr int kBias = 7;
  static constexpr std::int32_t kFirstSpecial = 0x7f;
  static constexpr std::int32_t kNan = 0x7f;
  static constexpr float kSaturated = 448.0f;
};

inline constexpr std::int32_t kFloatInfinity = 0x7f800000;

template <class Format>
inline constexpr int kMantissaShift = 23 - Format::kMantissaBits;
template <class Format>
inline constexpr int kSignShift = 32 - 8 * int(sizeof(typename Format::Code));
template <class Format>
inline constexpr std::int32_t kExponentOffset = (127 - Format::kBias) << 23;

constexpr float power_of_two(int exponent) {
  return std::bit_cast<float>((exponent + 127) << 23);
}

constexpr std::int32_t float_bits(float value) {
  return std::bit_cast<std::int32_t>(value);
}

// Exact.
template <class Format, class D>
HWY_INLINE hn::Vec<D> decode_minifloat(D d, const typename Format::Code* source) {
  const hn::RebindToSigned<D> bits;
  const hn::Rebind<typename Format::Code, D> codes;
  constexpr std::int32_t kSign = 1 << (31 - kSignShift<Format>);

  const auto code = hn::PromoteTo(bits, hn::LoadU(codes, source));
  const auto sign = hn::And(code, hn::Set(bits, kSign));
  const auto magnitude = hn::Xor(code, sign);
  const auto shifted = hn::ShiftLeft<kMantissaShift<Format>>(magnitude);
  const auto normal = hn::Add(shifted, hn::Set(bits, kExponentOffset<Format>));
  // A subnormal has no implicit leading one: give it one, then subtract its value.
  const auto with_leading_one = hn::Add(normal, hn::Set(bits, 1 << 23));
  const auto subnormal = hn::BitCast(
      bits, hn::Sub(hn::BitCast(d, with_leading_one), hn::Set(d, power_of_two(1 - Format::kBias))));
  const auto special = hn::Or(shifted, hn::Set(bits, kFloatInfinity));

  const auto is_subnormal = hn::Lt(magnitude, hn::Set(bits, 1 << Format::kMantissaBits));
  const auto is_special = hn::Gt(magnitude, hn::Set(bits, Format::kFirstSpecial - 1));
  const auto finite = hn::IfThenElse(is_subnormal, subnormal, normal);
  const auto value = hn::IfThenElse(is_special, special, finite);
  return hn::BitCast(d, hn::Or(value, hn::ShiftLeft<kSignShift<Format>>(sign)));
}

// Rounds to nearest even.
template <class Format, class D>
HWY_INLINE void encode_minifloat(D d, hn::Vec<D> value, typename Format::Code* target) {
  const hn::RebindToSigned<D> bits;
  const hn::RebindToUnsigned<D> unsigned_bits;
  const hn::Rebind<typename Format::Code, D> codes;
  constexpr int kShift = kMantissaShift<Format>;
  constexpr float kSmallestNormal = power_of_two(1 - Format::kBias);
  // The last bit of this number is worth the smallest subnormal: adding it makes the adder round.
  constexpr float kAligner = power_of_two(1 - Format::kBias + kShift);

  const auto all = hn::BitCast(bits, value);
  const auto unclamped = hn::And(all, hn::Set(bits, 0x7fffffff));
  const auto sign = hn::BitCast(unsigned_bits, hn::Xor(all, unclamped));
  const auto magnitude = hn::Min(unclamped, hn::Set(bits, float_bits(Format::kSaturated)));

  const auto odd = hn::And(hn::ShiftRight<kShift>(magnitude), hn::Set(bits, 1));
  const auto below_half = hn::Set(bits, (1 << (kShift - 1)) - 1 - kExponentOffset<Format>);
  const auto normal = hn::ShiftRight<kShift>(hn::Add(hn::Add(magnitude, below_half), odd));
  const auto aligned = hn::Add(hn::BitCast(d, magnitude), hn::Set(d, kAligner));
  const auto subnormal = hn::Sub(hn::BitCast(bits, aligned), hn::Set(bits, float_bits(kAligner)));

  const auto is_subnormal = hn::Lt(magnitude, hn::Set(bits, float_bits(kSmallestNormal)));
  const auto is_nan = hn::Gt(unclamped, hn::Set(bits, kFloatInfinity));
  const auto finite = hn::IfThenElse(is_subnormal, subnormal, normal);
  const auto code = hn::IfThenElse(is_nan, hn::Set(bits, Format::kNan), finite);
  const auto code_sign = hn::BitCast(bits, hn::ShiftRight<kSignShift<Format>>(sign));
  hn::StoreU(hn::DemoteTo(codes, hn::Or(code, code_sign)), codes, target);
}

// bfloat16 is the upper half of a float32.
template <class D>
HWY_INLINE hn::Vec<D> decode_bfloat16(D d, const std::uint16_t* source) {
  const hn::RebindToUnsigned<D> bits;
  const hn::Rebind<std::uint16_t, D> codes;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(bits, hn::LoadU(codes, source))));
}

template <class D>
HWY_INLINE void encode_bfloat16(D, hn::Vec<D> value, std::uint16_t* target) {
  const hn::RebindToUnsigned<D> bits;
  const hn::RebindToSigned<D> signed_bits;
  const hn::Rebind<std::uint16_t, D> codes;

  const auto all = hn::BitCast(bits, value);
  const auto odd = hn::And(hn::ShiftRight<16>(all), hn::Set(bits, 1u));
  const auto rounded = hn::Add(all, hn::Add(odd, hn::Set(bits, 0x7fffu)));
  const auto quiet_nan = hn::Or(all, hn::Set(bits, 0x00400000u));
  const auto is_nan = hn::RebindMask(bits, hn::IsNaN(value));
  const auto code = hn::ShiftRight<16>(hn::IfThenElse(is_nan, quiet_nan, rounded));
  hn::StoreU(hn::DemoteTo(codes, hn::BitCast(signed_bits, code)), codes, target);
}

}  // namespace mla::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // MLA_CPU_MINIFLOAT_INL_H
