// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/packed_conversion.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include "emulator/insn/dispatch.h"
#include "emulator/insn/float_format.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/lane_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

// f32 to a narrower format, to nearest even, without branches. Normal results come from rounding
// the bits; subnormal ones from adding a number whose last place is the format's smallest step.
template <int kFractionBits, int kExponentBits, uint32_t kMaxFinite, uint32_t kNan, bool kSaturate>
uint32_t narrow(float value) {
  constexpr int kDropped = 23 - kFractionBits;
  constexpr int kBias = (1 << (kExponentBits - 1)) - 1;
  constexpr uint32_t kStepExponent = 127 - kBias + kDropped + 1;
  constexpr float kStep = std::bit_cast<float>(kStepExponent << 23);
  constexpr uint32_t kFirstNormal = static_cast<uint32_t>(128 - kBias) << 23;

  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7fffffff;
  const uint32_t sign = (bits >> 31) << (kFractionBits + kExponentBits);
  const uint32_t rounded = magnitude + ((1u << (kDropped - 1)) - 1) + ((magnitude >> kDropped) & 1);
  const uint32_t normal =
      (rounded >> kDropped) - (static_cast<uint32_t>(127 - kBias) << kFractionBits);
  const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + kStep) -
                             std::bit_cast<uint32_t>(kStep);
  uint32_t result = magnitude >= kFirstNormal ? normal : subnormal;
  const uint32_t limit = kSaturate ? kMaxFinite : kMaxFinite + 1;  // the next one is infinity
  result = result > limit ? limit : result;
  return magnitude > 0x7f800000 ? kNan : sign | result;
}

uint32_t narrow_bf16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fff : rounded;
}

struct ToF16 {
  static uint32_t apply(float a) { return narrow<10, 5, 0x7bff, 0x7fff, false>(a); }
};
struct ToBf16 {
  static uint32_t apply(float a) { return narrow_bf16(a); }
};
struct ToE4m3 {
  static uint32_t apply(float a) { return narrow<3, 4, 0x7e, 0x7f, true>(a); }
};
struct ToE5m2 {
  static uint32_t apply(float a) { return narrow<2, 5, 0x7b, 0x7f, true>(a); }
};
// -0 becomes +0, NaN stays.
template <typename Narrow>
struct Relu {
  static uint32_t apply(float a) { return Narrow::apply(a <= 0 ? 0.0f : a); }
};
template <int kBits, typename Narrow>
struct Pair {
  static uint32_t apply(float a, float b) { return Narrow::apply(a) << kBits | Narrow::apply(b); }
};

// Toward zero the host does not round; the general conversion does.
template <bool kIsF16>
struct TowardZero {
  static uint32_t apply(float a) {
    const FloatFormat& format = kIsF16 ? kF16Format : kBf16Format;
    return static_cast<uint32_t>(round_to_format(a, format, Rounding::kTowardZero, false));
  }
};

template <int kBits, typename Narrow>
Execute select_pair(const Instruction& instruction) {
  return instruction.form->has("relu")
             ? map_lanes<Pair<kBits, Relu<Narrow>>, uint32_t, float, float>
             : map_lanes<Pair<kBits, Narrow>, uint32_t, float, float>;
}

Execute convert_pair_to_half(const Instruction& instruction) {
  const bool is_f16 = instruction.form->type() == ptx::Type::kF16x2;
  if (instruction.form->has("rz")) {
    return is_f16 ? select_pair<16, TowardZero<true>>(instruction)
                  : select_pair<16, TowardZero<false>>(instruction);
  }
  return is_f16 ? select_pair<16, ToF16>(instruction) : select_pair<16, ToBf16>(instruction);
}

Execute convert_pair_to_fp8(const Instruction& instruction) {
  return instruction.form->type() == ptx::Type::kE4m3x2 ? select_pair<8, ToE4m3>(instruction)
                                                        : select_pair<8, ToE5m2>(instruction);
}

// f16x2 to two FP8 numbers: every f16 is a float.
template <typename Narrow>
struct HalfPair {
  static uint16_t apply(uint32_t a) {
    return static_cast<uint16_t>(Narrow::apply(f16_to_float(static_cast<uint16_t>(a >> 16))) << 8 |
                                 Narrow::apply(f16_to_float(static_cast<uint16_t>(a))));
  }
};

template <typename Narrow>
Execute select_half_pair(const Instruction& instruction) {
  return instruction.form->has("relu") ? map_lanes<HalfPair<Relu<Narrow>>, uint16_t, uint32_t>
                                       : map_lanes<HalfPair<Narrow>, uint16_t, uint32_t>;
}

Execute convert_half_pair_to_fp8(const Instruction& instruction) {
  return instruction.form->type() == ptx::Type::kE4m3x2 ? select_half_pair<ToE4m3>(instruction)
                                                        : select_half_pair<ToE5m2>(instruction);
}

// Two FP8 numbers to f16x2, exactly.
template <bool kIsE4m3, bool kRelu>
struct WidenPair {
  static uint32_t widen(uint32_t bits) {
    const double value = value_of_format(bits, kIsE4m3 ? kE4m3Format : kE5m2Format);
    if (kRelu && value <= 0) return 0;
    return static_cast<uint32_t>(round_to_format(value, kF16Format, Rounding::kNearestEven, false));
  }
  static uint32_t apply(uint16_t a) { return widen(a >> 8) << 16 | widen(a & 0xff); }
};

template <bool kIsE4m3>
Execute select_widen(const Instruction& instruction) {
  return instruction.form->has("relu") ? map_lanes<WidenPair<kIsE4m3, true>, uint32_t, uint16_t>
                                       : map_lanes<WidenPair<kIsE4m3, false>, uint32_t, uint16_t>;
}

Execute convert_fp8_pair_to_half(const Instruction& instruction) {
  return instruction.form->source_type() == ptx::Type::kE4m3x2 ? select_widen<true>(instruction)
                                                               : select_widen<false>(instruction);
}

// ue8m0 is a bare exponent: 2^(bits - 127), 0xff is NaN.
template <bool kUp, bool kSaturate>
struct ToUe8m0 {
  static uint32_t narrow_exponent(float value) {
    const auto bits = std::bit_cast<uint32_t>(value);
    if ((bits & 0x7fffffff) > 0x7f800000) return 0xff;
    if (bits >> 31) return 0;
    const uint32_t exponent = (bits >> 23) + (kUp && (bits & 0x7fffff) != 0);
    const uint32_t limit = kSaturate ? 0xfe : 0xff;
    return exponent < limit ? exponent : limit;
  }
  static uint16_t apply(float a, float b) {
    return static_cast<uint16_t>(narrow_exponent(a) << 8 | narrow_exponent(b));
  }
};

Execute convert_pair_to_ue8m0(const Instruction& instruction) {
  const bool is_up = instruction.form->has("rp");
  if (instruction.form->has("satfinite")) {
    return is_up ? map_lanes<ToUe8m0<true, true>, uint16_t, float, float>
                 : map_lanes<ToUe8m0<false, true>, uint16_t, float, float>;
  }
  return is_up ? map_lanes<ToUe8m0<true, false>, uint16_t, float, float>
               : map_lanes<ToUe8m0<false, false>, uint16_t, float, float>;
}

// bf16 has the same exponents, except that 2^-127 is subnormal there.
struct FromUe8m0 {
  static uint32_t widen(uint32_t bits) {
    return bits == 0xff ? 0x7fff : bits == 0 ? 0x0040 : bits << 7;
  }
  static uint32_t apply(uint16_t a) { return widen(a >> 8) << 16 | widen(a & 0xff); }
};

Execute convert_ue8m0_pair_to_bf16(const Instruction&) {
  return map_lanes<FromUe8m0, uint32_t, uint16_t>;
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator::handlers {
EMULATOR_DISPATCH(convert_pair_to_half)
EMULATOR_DISPATCH(convert_pair_to_fp8)
EMULATOR_DISPATCH(convert_half_pair_to_fp8)
EMULATOR_DISPATCH(convert_fp8_pair_to_half)
EMULATOR_DISPATCH(convert_pair_to_ue8m0)
EMULATOR_DISPATCH(convert_ue8m0_pair_to_bf16)
}  // namespace emulator::handlers
#endif
