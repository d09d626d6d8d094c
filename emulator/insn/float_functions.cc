// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/float_functions.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <cmath>

#include "emulator/insn/dispatch.h"
#include "emulator/insn/float_modifiers-inl.h"
#include "emulator/insn/handlers.h"
#include "emulator/numerics/exp2.h"
#include "emulator/numerics/log2.h"
#include "emulator/numerics/reciprocal.h"
#include "emulator/numerics/sine.h"
#include "emulator/numerics/square_root.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

// Rounded correctly.
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
struct ReciprocalSquareRoot {
  static double apply(double a) { return 1 / std::sqrt(a); }
};

// What silicon gives, bit by bit.
struct Exp2 {
  [[gnu::always_inline]] static float apply(float a) { return exp2_approximation(a); }
};
struct Log2 {
  static float apply(float a) { return log2_approximation(a); }
};
struct ReciprocalApproximation {
  static float apply(float a) { return reciprocal_approximation(a); }
};
struct SquareRootApproximation {
  static float apply(float a) { return square_root_approximation(a); }
};
struct ReciprocalSquareRootApproximation {
  static float apply(float a) { return reciprocal_root_approximation(a); }
};

// Within the error that the manual allows, and not what silicon gives: rounded from double.
struct Sine {
  static float apply(float a) { return sine_approximation(a); }
};
struct Cosine {
  static float apply(float a) { return cosine_approximation(a); }
};
struct Tanh {
  static float apply(float a) { return static_cast<float>(std::tanh(static_cast<double>(a))); }
};

template <typename Operation, typename Approximation>
Execute select(const Instruction& i) {
  if (i.form->type() == ptx::Type::kF64) return map_lanes<Operation, double, double>;
  return i.form->has("approx") ? select_modifiers<Approximation, float, float>(i)
                               : select_modifiers<Operation, float, float>(i);
}

Execute float_reciprocal(const Instruction& i) {
  return select<Reciprocal, ReciprocalApproximation>(i);
}
Execute float_square_root(const Instruction& i) {
  return select<SquareRoot, SquareRootApproximation>(i);
}
Execute float_reciprocal_square_root(const Instruction& i) {
  return i.form->type() == ptx::Type::kF64
             ? map_lanes<ReciprocalSquareRoot, double, double>
             : select_modifiers<ReciprocalSquareRootApproximation, float, float>(i);
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

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator::handlers {
EMULATOR_DISPATCH(float_reciprocal)
EMULATOR_DISPATCH(float_square_root)
EMULATOR_DISPATCH(float_reciprocal_square_root)
EMULATOR_DISPATCH(float_exp2)
EMULATOR_DISPATCH(float_log2)
EMULATOR_DISPATCH(float_sine)
EMULATOR_DISPATCH(float_cosine)
EMULATOR_DISPATCH(float_tanh)
}  // namespace emulator::handlers
#endif
