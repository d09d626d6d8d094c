// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// What the modifiers of f32 instructions ask for. This file is compiled once for each instruction
// set of the host (see hwy/foreach_target.h), hence the guard that lets it be included again.
#if defined(EMULATOR_INSN_FLOAT_MODIFIERS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EMULATOR_INSN_FLOAT_MODIFIERS_INL_H_
#undef EMULATOR_INSN_FLOAT_MODIFIERS_INL_H_
#else
#define EMULATOR_INSN_FLOAT_MODIFIERS_INL_H_
#endif

#include <bit>
#include <cmath>
#include <limits>

#include "emulator/insn/lane_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {

inline float flush(float value) {
  return std::fabs(value) < std::numeric_limits<float>::min() ? std::copysign(0.0f, value) : value;
}

// Every f32 instruction that computes gives this one NaN.
inline float canonical(float value) {
  return value != value ? std::bit_cast<float>(0x7fffffffu) : value;
}

// Wraps an operation on f32 in what its modifiers ask for; f64 has none of them.
template <typename Operation, bool kFlush, bool kSaturate>
struct Modified {
  template <typename... T>
  [[gnu::always_inline]] static auto apply(T... sources) {
    auto result = Operation::apply((kFlush ? flush(sources) : sources)...);
    if (kFlush) result = flush(result);
    if (kSaturate) result = result > 0 ? (result < 1 ? result : decltype(result){1}) : 0;
    return canonical(result);
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
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
