// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cmath>
#include <concepts>

#include "emulator/insn/float_format.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/lane_loops-inl.h"

namespace emulator {
namespace {

using HWY_NAMESPACE::map_lanes;

struct F16 {
  static constexpr const FloatFormat& kFormat = kF16Format;
  static double widen(uint16_t bits) { return f16_to_float(bits); }
};
struct Bf16 {
  static constexpr const FloatFormat& kFormat = kBf16Format;
  static double widen(uint16_t bits) { return bf16_to_float(bits); }
};

// In double every sum and product of two such numbers either is exact or rounds once more as it
// should.
struct Add {
  static double apply(double a, double b) { return fma_to_odd(a, 1.0, b); }
};
struct Sub {
  static double apply(double a, double b) { return fma_to_odd(a, 1.0, -b); }
};
struct Mul {
  static double apply(double a, double b) { return a * b; }
};
struct Fma {
  static double apply(double a, double b, double c) { return fma_to_odd(a, b, c); }
};
struct Min {
  static double apply(double a, double b) {
    if (a != a) return b;
    if (b != b) return a;
    return a < b || (a == b && std::signbit(a)) ? a : b;
  }
};
struct Max {
  static double apply(double a, double b) {
    if (a != a) return b;
    if (b != b) return a;
    return a > b || (a == b && !std::signbit(a)) ? a : b;
  }
};
template <typename Operation>
struct NanWins {
  static double apply(double a, double b) {
    return a != a ? a : b != b ? b : Operation::apply(a, b);
  }
};

// Within the error that the manual allows, and not what silicon gives: rounded from double.
struct Exp2 {
  static double apply(double a) { return std::exp2(a); }
};
struct Tanh {
  static double apply(double a) { return std::tanh(a); }
};

enum class Clamp { kNone, kSaturate, kRelu };

// Applies an operation to a number of 16 bits, or to both halves of a word.
template <typename Operation, typename Format, Clamp kClamp, bool kFlush>
struct Half {
  static uint16_t flush(uint16_t bits) {
    const bool is_subnormal = (bits & Format::kFormat.infinity()) == 0;
    return is_subnormal ? static_cast<uint16_t>(bits & Format::kFormat.sign_bit()) : bits;
  }
  static uint16_t one(std::same_as<uint16_t> auto... sources) {
    double value = Operation::apply(Format::widen(kFlush ? flush(sources) : sources)...);
    if (kClamp == Clamp::kSaturate) value = value > 0 ? std::fmin(value, 1.0) : 0.0;
    if (kClamp == Clamp::kRelu && value < 0) value = 0;
    const auto bits = static_cast<uint16_t>(
        round_to_format(value, Format::kFormat, Rounding::kNearestEven, false));
    return kFlush ? flush(bits) : bits;
  }
  static uint16_t apply(std::same_as<uint16_t> auto... sources) { return one(sources...); }
  static uint32_t apply(std::same_as<uint32_t> auto... sources) {
    return uint32_t{one(static_cast<uint16_t>(sources >> 16)...)} << 16 |
           one(static_cast<uint16_t>(sources)...);
  }
};

template <typename Function, size_t kNumSources>
Execute select_width(bool is_pair) {
  if constexpr (kNumSources == 3) {
    return is_pair ? map_lanes<Function, uint32_t, uint32_t, uint32_t, uint32_t>
                   : map_lanes<Function, uint16_t, uint16_t, uint16_t, uint16_t>;
  } else if constexpr (kNumSources == 1) {
    return is_pair ? map_lanes<Function, uint32_t, uint32_t>
                   : map_lanes<Function, uint16_t, uint16_t>;
  } else {
    return is_pair ? map_lanes<Function, uint32_t, uint32_t, uint32_t>
                   : map_lanes<Function, uint16_t, uint16_t, uint16_t>;
  }
}

template <typename Operation, typename Format, size_t kNumSources>
Execute select_clamp(const ptx::Form& form, bool is_pair) {
  using enum Clamp;
  if (form.has("ftz")) {
    if (form.has("sat")) {
      return select_width<Half<Operation, Format, kSaturate, true>, kNumSources>(is_pair);
    }
    if (form.has("relu")) {
      return select_width<Half<Operation, Format, kRelu, true>, kNumSources>(is_pair);
    }
    return select_width<Half<Operation, Format, kNone, true>, kNumSources>(is_pair);
  }
  if (form.has("sat")) {
    return select_width<Half<Operation, Format, kSaturate, false>, kNumSources>(is_pair);
  }
  if (form.has("relu")) {
    return select_width<Half<Operation, Format, kRelu, false>, kNumSources>(is_pair);
  }
  return select_width<Half<Operation, Format, kNone, false>, kNumSources>(is_pair);
}

template <typename Operation, size_t kNumSources = 2>
Execute select_half(const Instruction& instruction) {
  const ptx::Form& form = *instruction.form;
  switch (form.type()) {
    case ptx::Type::kF16: return select_clamp<Operation, F16, kNumSources>(form, false);
    case ptx::Type::kF16x2: return select_clamp<Operation, F16, kNumSources>(form, true);
    case ptx::Type::kBf16: return select_clamp<Operation, Bf16, kNumSources>(form, false);
    case ptx::Type::kBf16x2: return select_clamp<Operation, Bf16, kNumSources>(form, true);
    default: return nullptr;
  }
}

// Sign changes keep the other bits, also those of a NaN.
struct FlipSigns {
  template <typename T>
  static T apply(T a) {
    return static_cast<T>(a ^ static_cast<T>(0x80008000));
  }
};
struct ClearSigns {
  template <typename T>
  static T apply(T a) {
    return static_cast<T>(a & static_cast<T>(0x7fff7fff));
  }
};

template <typename Operation>
Execute select_sign(const Instruction& instruction) {
  return ptx::size_bits(instruction.form->type()) == 32 ? map_lanes<Operation, uint32_t, uint32_t>
                                                        : map_lanes<Operation, uint16_t, uint16_t>;
}

}  // namespace

namespace handlers {

Execute half_add(const Instruction& i) {
  return select_half<Add>(i);
}
Execute half_sub(const Instruction& i) {
  return select_half<Sub>(i);
}
Execute half_mul(const Instruction& i) {
  return select_half<Mul>(i);
}
Execute half_fma(const Instruction& i) {
  return select_half<Fma, 3>(i);
}
Execute half_min(const Instruction& i) {
  return i.form->has("NaN") ? select_half<NanWins<Min>>(i) : select_half<Min>(i);
}
Execute half_max(const Instruction& i) {
  return i.form->has("NaN") ? select_half<NanWins<Max>>(i) : select_half<Max>(i);
}
Execute half_exp2(const Instruction& i) {
  return select_half<Exp2, 1>(i);
}
Execute half_tanh(const Instruction& i) {
  return select_half<Tanh, 1>(i);
}

Execute half_neg(const Instruction& i) {
  return select_sign<FlipSigns>(i);
}
Execute half_abs(const Instruction& i) {
  return select_sign<ClearSigns>(i);
}

}  // namespace handlers
}  // namespace emulator
