// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/float_arithmetic.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <cmath>

#include "emulator/insn/dispatch.h"
#include "emulator/insn/float_modifiers-inl.h"
#include "emulator/insn/handlers.h"
#include "emulator/numerics/division.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

struct Add {
  template <typename T>
  static T apply(T a, T b) {
    return a + b;
  }
};
struct Sub {
  template <typename T>
  static T apply(T a, T b) {
    return a - b;
  }
};
struct Mul {
  template <typename T>
  static T apply(T a, T b) {
    return a * b;
  }
};
struct Fma {
  template <typename T>
  static T apply(T a, T b, T c) {
    return std::fma(a, b, c);
  }
};
struct Div {
  template <typename T>
  static T apply(T a, T b) {
    return a / b;
  }
};
struct DivApproximation {
  static float apply(float a, float b) { return divide_approximately(a, b); }
};
struct DivOverFullRange {
  static float apply(float a, float b) { return divide_over_full_range(a, b); }
};
struct Abs {
  template <typename T>
  static T apply(T a) {
    return std::fabs(a);
  }
};
struct Neg {
  template <typename T>
  static T apply(T a) {
    return -a;
  }
};
// A NaN loses against a number; -0 is less than +0.
struct Min {
  template <typename T>
  static T apply(T a, T b) {
    if (a != a) return b;
    if (b != b) return a;
    return a < b || (a == b && std::signbit(a)) ? a : b;
  }
};
struct Max {
  template <typename T>
  static T apply(T a, T b) {
    if (a != a) return b;
    if (b != b) return a;
    return a > b || (a == b && !std::signbit(a)) ? a : b;
  }
};
// With .NaN a NaN wins.
template <typename Operation>
struct NanWins {
  template <typename T>
  static T apply(T a, T b) {
    return a != a ? a : b != b ? b : Operation::apply(a, b);
  }
};
// copysign d, a, b: the sign of a, the rest of b.
struct CopySign {
  template <typename T>
  static T apply(T a, T b) {
    return std::copysign(b, a);
  }
};

template <typename Operation>
Execute select_binary(const Instruction& i) {
  return i.form->type() == ptx::Type::kF64 ? map_lanes<Operation, double, double, double>
                                           : select_modifiers<Operation, float, float, float>(i);
}
template <typename Operation>
Execute select_extremum(const Instruction& i) {
  return i.form->has("NaN") ? select_binary<NanWins<Operation>>(i) : select_binary<Operation>(i);
}

Execute float_add(const Instruction& i) {
  return select_binary<Add>(i);
}
Execute float_sub(const Instruction& i) {
  return select_binary<Sub>(i);
}
Execute float_mul(const Instruction& i) {
  return select_binary<Mul>(i);
}
Execute float_div(const Instruction& i) {
  if (i.form->has("approx")) return select_modifiers<DivApproximation, float, float, float>(i);
  if (i.form->has("full")) return select_modifiers<DivOverFullRange, float, float, float>(i);
  return select_binary<Div>(i);
}
Execute float_abs(const Instruction& i) {
  return select_unary<Abs>(i);
}
Execute float_neg(const Instruction& i) {
  return select_unary<Neg>(i);
}
Execute float_min(const Instruction& i) {
  return select_extremum<Min>(i);
}
Execute float_max(const Instruction& i) {
  return select_extremum<Max>(i);
}
Execute float_fma(const Instruction& i) {
  return i.form->type() == ptx::Type::kF64 ? map_lanes<Fma, double, double, double, double>
                                           : select_modifiers<Fma, float, float, float, float>(i);
}
Execute float_copysign(const Instruction& i) {
  return i.form->type() == ptx::Type::kF64 ? map_lanes<CopySign, double, double, double>
                                           : map_lanes<CopySign, float, float, float>;
}

// Two floats in a register of 64 bits.
template <typename Operation, bool kFlush>
struct Pairwise {
  template <typename... Words>
  static uint64_t apply(Words... words) {
    using Half = Modified<Operation, kFlush, false>;
    const float low = Half::apply(std::bit_cast<float>(static_cast<uint32_t>(words))...);
    const float high = Half::apply(std::bit_cast<float>(static_cast<uint32_t>(words >> 32))...);
    return uint64_t{std::bit_cast<uint32_t>(high)} << 32 | std::bit_cast<uint32_t>(low);
  }
};

template <typename Operation, typename... S>
Execute select_pairwise(const Instruction& i) {
  return i.form->has("ftz") ? map_lanes<Pairwise<Operation, true>, uint64_t, S...>
                            : map_lanes<Pairwise<Operation, false>, uint64_t, S...>;
}

Execute float2_add(const Instruction& i) {
  return select_pairwise<Add, uint64_t, uint64_t>(i);
}
Execute float2_sub(const Instruction& i) {
  return select_pairwise<Sub, uint64_t, uint64_t>(i);
}
Execute float2_mul(const Instruction& i) {
  return select_pairwise<Mul, uint64_t, uint64_t>(i);
}
Execute float2_fma(const Instruction& i) {
  return select_pairwise<Fma, uint64_t, uint64_t, uint64_t>(i);
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator::handlers {
EMULATOR_DISPATCH(float_add)
EMULATOR_DISPATCH(float_sub)
EMULATOR_DISPATCH(float_mul)
EMULATOR_DISPATCH(float_fma)
EMULATOR_DISPATCH(float_div)
EMULATOR_DISPATCH(float_abs)
EMULATOR_DISPATCH(float_neg)
EMULATOR_DISPATCH(float_min)
EMULATOR_DISPATCH(float_max)
EMULATOR_DISPATCH(float_copysign)
EMULATOR_DISPATCH(float2_add)
EMULATOR_DISPATCH(float2_sub)
EMULATOR_DISPATCH(float2_mul)
EMULATOR_DISPATCH(float2_fma)
}  // namespace emulator::handlers
#endif
