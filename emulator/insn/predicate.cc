// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cmath>

#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

enum class Logic { kAnd, kOr, kXor };

template <Logic kLogic>
Outcome combine(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const LaneMask a = warp.predicate(instruction.operands[1]);
  const LaneMask b = warp.predicate(instruction.operands[2]);
  const LaneMask result = kLogic == Logic::kAnd ? a & b : kLogic == Logic::kOr ? a | b : a ^ b;
  warp.set_predicate(instruction.operands[0], lanes, result);
  return Outcome::kNext;
}

template <bool kNegate>
Outcome copy(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const LaneMask a = warp.predicate(instruction.operands[1]);
  warp.set_predicate(instruction.operands[0], lanes, kNegate ? ~a : a);
  return Outcome::kNext;
}

bool has_class(double value, std::string_view name, double smallest_normal) {
  if (name == "finite") return std::isfinite(value);
  if (name == "infinite") return std::isinf(value);
  if (name == "number") return !std::isnan(value);
  if (name == "notanumber") return std::isnan(value);
  const bool is_subnormal = value != 0 && std::fabs(value) < smallest_normal;
  if (name == "subnormal") return is_subnormal;
  return std::isfinite(value) && value != 0 && !is_subnormal;
}

Outcome test_class(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const ptx::Form& form = *instruction.form;
  const std::string_view name = form.modifiers.front();
  LaneMask result = 0;
  for_each_lane(lanes, [&](int lane) {
    const uint64_t bits = read_lane(warp, instruction.operands[1], lane);
    const bool is_double = form.type() == ptx::Type::kF64;
    const double value =
        is_double ? std::bit_cast<double>(bits) : std::bit_cast<float>(static_cast<uint32_t>(bits));
    const double smallest = is_double ? 2.2250738585072014e-308 : 1.1754943508222875e-38;
    result |= LaneMask{has_class(value, name, smallest)} << lane;
  });
  warp.set_predicate(instruction.operands[0], lanes, result);
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute predicate_and(const Instruction&) {
  return combine<Logic::kAnd>;
}
Execute predicate_or(const Instruction&) {
  return combine<Logic::kOr>;
}
Execute predicate_xor(const Instruction&) {
  return combine<Logic::kXor>;
}
Execute predicate_not(const Instruction&) {
  return copy<true>;
}
Execute predicate_move(const Instruction&) {
  return copy<false>;
}
Execute float_test(const Instruction&) {
  return test_class;
}

}  // namespace handlers
}  // namespace emulator
