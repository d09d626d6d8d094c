// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/logic.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include "emulator/insn/bitwise_operations.h"
#include "emulator/insn/dispatch.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/lane_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

struct Not {
  template <typename T>
  static T apply(T a) {
    return static_cast<T>(~a);
  }
};
struct Cnot {
  template <typename T>
  static T apply(T a) {
    return a == 0;
  }
};
// Shifts by more than the width give zero, or copies of the sign.
struct ShiftLeft {
  template <typename T>
  static T apply(T a, uint32_t b) {
    return b < 8 * sizeof(T) ? static_cast<T>(uint64_t{a} << b) : T{0};
  }
};
struct ShiftRight {
  template <typename T>
  static T apply(T a, uint32_t b) {
    constexpr uint32_t kTop = 8 * sizeof(T) - 1;
    if (std::is_signed_v<T>) return static_cast<T>(a >> (b < kTop ? b : kTop));
    return b <= kTop ? static_cast<T>(a >> b) : T{0};
  }
};
// The bit at each place of the result is the bit of `table` that the bits of a, b, c choose.
struct Lop3 {
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t c, uint32_t table) {
    uint32_t result = 0;
    for (uint32_t i = 0; i < 8; ++i) {
      const uint32_t chosen = (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
      result |= (table >> i) & 1 ? chosen : 0;
    }
    return result;
  }
};
template <bool kLeft, bool kClamp>
struct FunnelShift {
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
    const uint64_t both = uint64_t{b} << 32 | a;
    const uint32_t amount = kClamp ? (c < 32 ? c : 32) : c & 31;
    return kLeft ? static_cast<uint32_t>((both << amount) >> 32)
                 : static_cast<uint32_t>(both >> amount);
  }
};

template <typename Operation>
Execute select_unary(const Instruction& instruction) {
  switch (ptx::size_bits(instruction.form->type())) {
    case 16: return map_lanes<Operation, uint16_t, uint16_t>;
    case 32: return map_lanes<Operation, uint32_t, uint32_t>;
    case 64: return map_lanes<Operation, uint64_t, uint64_t>;
    default: return nullptr;
  }
}

template <typename Operation>
Execute select_binary(const Instruction& instruction) {
  switch (ptx::size_bits(instruction.form->type())) {
    case 16: return map_lanes<Operation, uint16_t, uint16_t, uint16_t>;
    case 32: return map_lanes<Operation, uint32_t, uint32_t, uint32_t>;
    case 64: return map_lanes<Operation, uint64_t, uint64_t, uint64_t>;
    default: return nullptr;
  }
}

template <typename Operation, typename T>
constexpr Execute kShift = map_lanes<Operation, T, T, uint32_t>;

Execute shift_left(const Instruction& instruction) {
  switch (ptx::size_bits(instruction.form->type())) {
    case 16: return kShift<ShiftLeft, uint16_t>;
    case 32: return kShift<ShiftLeft, uint32_t>;
    case 64: return kShift<ShiftLeft, uint64_t>;
    default: return nullptr;
  }
}

Execute shift_right(const Instruction& instruction) {
  const ptx::Type type = instruction.form->type();
  const bool is_signed = ptx::is_signed_integer(type);
  switch (ptx::size_bits(type)) {
    case 16: return is_signed ? kShift<ShiftRight, int16_t> : kShift<ShiftRight, uint16_t>;
    case 32: return is_signed ? kShift<ShiftRight, int32_t> : kShift<ShiftRight, uint32_t>;
    case 64: return is_signed ? kShift<ShiftRight, int64_t> : kShift<ShiftRight, uint64_t>;
    default: return nullptr;
  }
}

template <bool kLeft>
Execute select_funnel(const Instruction& instruction) {
  return instruction.form->has("clamp")
             ? map_lanes<FunnelShift<kLeft, true>, uint32_t, uint32_t, uint32_t, uint32_t>
             : map_lanes<FunnelShift<kLeft, false>, uint32_t, uint32_t, uint32_t, uint32_t>;
}

Execute funnel_shift(const Instruction& instruction) {
  return instruction.form->has("l") ? select_funnel<true>(instruction)
                                    : select_funnel<false>(instruction);
}

Execute bitwise_and(const Instruction& i) {
  return select_binary<And>(i);
}
Execute bitwise_or(const Instruction& i) {
  return select_binary<Or>(i);
}
Execute bitwise_xor(const Instruction& i) {
  return select_binary<Xor>(i);
}
Execute bitwise_not(const Instruction& i) {
  return select_unary<Not>(i);
}
Execute bitwise_cnot(const Instruction& i) {
  return select_unary<Cnot>(i);
}
Execute bitwise_lop3(const Instruction&) {
  return map_lanes<Lop3, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t>;
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator::handlers {
EMULATOR_DISPATCH(bitwise_and)
EMULATOR_DISPATCH(bitwise_or)
EMULATOR_DISPATCH(bitwise_xor)
EMULATOR_DISPATCH(bitwise_not)
EMULATOR_DISPATCH(bitwise_cnot)
EMULATOR_DISPATCH(bitwise_lop3)
EMULATOR_DISPATCH(shift_left)
EMULATOR_DISPATCH(shift_right)
EMULATOR_DISPATCH(funnel_shift)
}  // namespace emulator::handlers
#endif
