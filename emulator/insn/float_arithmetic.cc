// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/float_arithmetic.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <cmath>
#include <limits>

#include "emulator/insn/dispatch.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/lane_loops-inl.h"
#include "emulator/numerics/exp2.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

float flush(float value) {
  return std::fabs(value) < std::numeric_limits<float>::min() ? std::copysign(0.0f, value) : value;
}

// Every f32 instruction that computes gives this one NaN.
float canonical(float value) {
  return value != value ? std::bit_cast<float>(0x7fffffffu) : value;
}

// Wraps an operation on f32 in what its modifiers ask for; f64 has none of them.
template <typename Operation, bool kFlush, bool kSaturate>
struct Modified {
  template <typename... T>
  static auto apply(T... sources) {
    auto result = Operation::apply((kFlush ? flush(sources) : sources)...);
    if (kFlush) result = flush(result);
    if (kSaturate) result = result > 0 ? (result < 1 ? result : decltype(result){1}) : 0;
    return canonical(result);
  }
};

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
struct Reciprocal {
  template <typename T>
  static T apply(T a) {
    return 1 / a;
  }
};
struct SquareRoot {
  template <typename T>
  static T apply(T a) {
    return std::sqrt(a);
  }
};
// Approximate functions but ex2 are computed in double and rounded: within the error that the
// manual allows, but not bit by bit what silicon gives.
struct ReciprocalSquareRoot {
  template <typename T>
  static T apply(T a) {
    return static_cast<T>(1 / std::sqrt(static_cast<double>(a)));
  }
};
struct Exp2 {
  static float apply(float a) { return exp2_approximation(a); }
};
struct Log2 {
  static float apply(float a) { return static_cast<float>(std::log2(static_cast<double>(a))); }
};
struct Sine {
  static float apply(float a) { return static_cast<float>(std::sin(static_cast<double>(a))); }
};
struct Cosine {
  static float apply(float a) { return static_cast<float>(std::cos(static_cast<double>(a))); }
};
struct Tanh {
  static float apply(float a) { return static_cast<float>(std::tanh(static_cast<double>(a))); }
};
// copysign d, a, b: the sign of a, the rest of b.
struct CopySign {
  template <typename T>
  static T apply(T a, T b) {
    return std::copysign(b, a);
  }
};

template <typename Operation, typename T, bool kFlush, bool kSaturate, typename... S>
constexpr Execute kRun = map_lanes<Modified<Operation, kFlush, kSaturate>, T, S...>;

// S repeats T once for each source.
template <typename Operation, typename T, typename... S>
Execute select_modifiers(const Instruction& instruction) {
  const bool flushes = instruction.form->has("ftz");
  const bool saturates = instruction.form->has("sat");
  if (flushes && saturates) return kRun<Operation, T, true, true, S...>;
  if (flushes) return kRun<Operation, T, true, false, S...>;
  if (saturates) return kRun<Operation, T, false, true, S...>;
  return kRun<Operation, T, false, false, S...>;
}

template <typename Operation>
Execute select_unary(const Instruction& i) {
  return i.form->type() == ptx::Type::kF64 ? map_lanes<Operation, double, double>
                                           : select_modifiers<Operation, float, float>(i);
}
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
Execute float_reciprocal(const Instruction& i) {
  return select_unary<Reciprocal>(i);
}
Execute float_square_root(const Instruction& i) {
  return select_unary<SquareRoot>(i);
}
Execute float_reciprocal_square_root(const Instruction& i) {
  return select_unary<ReciprocalSquareRoot>(i);
}
Execute float_exp2(const Instruction& i) {
  return select_modifiers<Exp2, float, float>(i);
}
Execute float_log2(const Instruction& i) {
  return select_modifiers<Log2, float, float>(i);
}
Execute float_sine(const Instruction& i) {
  return select_modifiers<Sine, float, float>(i);
}
Execute float_cosine(const Instruction& i) {
  return select_modifiers<Cosine, float, float>(i);
}
Execute float_tanh(const Instruction& i) {
  return select_modifiers<Tanh, float, float>(i);
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
EMULATOR_DISPATCH(float_reciprocal)
EMULATOR_DISPATCH(float_square_root)
EMULATOR_DISPATCH(float_reciprocal_square_root)
EMULATOR_DISPATCH(float_exp2)
EMULATOR_DISPATCH(float_log2)
EMULATOR_DISPATCH(float_sine)
EMULATOR_DISPATCH(float_cosine)
EMULATOR_DISPATCH(float_tanh)
EMULATOR_DISPATCH(float_copysign)
EMULATOR_DISPATCH(float2_add)
EMULATOR_DISPATCH(float2_sub)
EMULATOR_DISPATCH(float2_mul)
EMULATOR_DISPATCH(float2_fma)
}  // namespace emulator::handlers
#endif
