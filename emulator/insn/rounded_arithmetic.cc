// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <cmath>

#include "emulator/insn/float_format.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"

// f32 arithmetic that rounds toward zero, down or up.
namespace emulator {
namespace {

Rounding rounding_of(const ptx::Form& form) {
  return form.has("rz") ? Rounding::kTowardZero : form.has("rm") ? Rounding::kDown : Rounding::kUp;
}

// a * b + c; a sum that is exactly zero has a sign of its own when it is rounded down.
float rounded_sum(float a, float b, float c, Rounding rounding) {
  const double product = static_cast<double>(a) * b;
  const double sum = fma_to_odd(a, b, c);
  const bool cancels = sum == 0 && std::signbit(product) != std::signbit(c);
  const double value = cancels && rounding == Rounding::kDown ? -0.0 : sum;
  return std::bit_cast<float>(
      static_cast<uint32_t>(round_to_format(value, kF32Format, rounding, false)));
}

struct Operands {
  float a, b, c;
};

// `place` says which factors and addend of a * b + c the sources are.
template <typename Place>
Outcome run(Warp& warp, const Instruction& instruction, LaneMask lanes, const Place& place) {
  const ptx::Form& form = *instruction.form;
  const Rounding rounding = rounding_of(form);
  const bool flushes = form.has("ftz");
  const bool saturates = form.has("sat");
  for_each_lane(lanes, [&](int lane) {
    const auto source = [&](int i) {
      const auto bits = static_cast<uint32_t>(read_lane(warp, instruction.operands[1 + i], lane));
      const float value = std::bit_cast<float>(bits);
      return flushes ? flush_subnormal(value) : value;
    };
    const Operands operands = place(source);
    float result = rounded_sum(operands.a, operands.b, operands.c, rounding);
    if (flushes) result = flush_subnormal(result);
    if (saturates) result = result > 0 ? std::min(result, 1.0f) : 0;
    write_lane(warp, instruction.operands[0], lane, std::bit_cast<uint32_t>(result));
  });
  return Outcome::kNext;
}

Outcome run_add(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  return run(warp, instruction, lanes,
             [](const auto& source) { return Operands{source(0), 1, source(1)}; });
}
Outcome run_sub(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  return run(warp, instruction, lanes,
             [](const auto& source) { return Operands{source(0), 1, -source(1)}; });
}
// The addend is a zero of the product's sign, which changes nothing.
Outcome run_mul(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  return run(warp, instruction, lanes, [](const auto& source) {
    const float a = source(0);
    const float b = source(1);
    return Operands{a, b, std::signbit(a) != std::signbit(b) ? -0.0f : 0.0f};
  });
}
Outcome run_fma(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  return run(warp, instruction, lanes,
             [](const auto& source) { return Operands{source(0), source(1), source(2)}; });
}

}  // namespace

namespace handlers {

Execute rounded_add(const Instruction&) {
  return run_add;
}
Execute rounded_sub(const Instruction&) {
  return run_sub;
}
Execute rounded_mul(const Instruction&) {
  return run_mul;
}
Execute rounded_fma(const Instruction&) {
  return run_fma;
}

}  // namespace handlers
}  // namespace emulator
