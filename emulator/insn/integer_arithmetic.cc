// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/integer_arithmetic.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include "emulator/insn/dispatch.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/lane_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

// Wrapping arithmetic is done on unsigned values, where it is defined.
template <typename T>
std::make_unsigned_t<T> bits(T value) {
  return static_cast<std::make_unsigned_t<T>>(value);
}

template <typename T>
struct WideOf;
template <>
struct WideOf<uint16_t> {
  using type = uint32_t;
};
template <>
struct WideOf<int16_t> {
  using type = int32_t;
};
template <>
struct WideOf<uint32_t> {
  using type = uint64_t;
};
template <>
struct WideOf<int32_t> {
  using type = int64_t;
};
__extension__ typedef unsigned __int128 Unsigned128;
__extension__ typedef __int128 Signed128;
template <>
struct WideOf<uint64_t> {
  using type = Unsigned128;
};
template <>
struct WideOf<int64_t> {
  using type = Signed128;
};

struct Add {
  template <typename T>
  static T apply(T a, T b) {
    return static_cast<T>(uint64_t{bits(a)} + bits(b));
  }
};
struct Sub {
  template <typename T>
  static T apply(T a, T b) {
    return static_cast<T>(uint64_t{bits(a)} - bits(b));
  }
};
struct MulLow {
  template <typename T>
  static T apply(T a, T b) {
    return static_cast<T>(uint64_t{bits(a)} * bits(b));
  }
};
struct MulHigh {
  template <typename T>
  static T apply(T a, T b) {
    using Wide = typename WideOf<T>::type;
    return static_cast<T>((static_cast<Wide>(a) * static_cast<Wide>(b)) >> (8 * sizeof(T)));
  }
};
struct MulWide {
  template <typename T>
  static typename WideOf<T>::type apply(T a, T b) {
    using Wide = typename WideOf<T>::type;
    return static_cast<Wide>(static_cast<Wide>(a) * static_cast<Wide>(b));
  }
};
struct MadLow {
  template <typename T>
  static T apply(T a, T b, T c) {
    return Add::apply(MulLow::apply(a, b), c);
  }
};
struct MadHigh {
  template <typename T>
  static T apply(T a, T b, T c) {
    return Add::apply(MulHigh::apply(a, b), c);
  }
};
struct MadWide {
  template <typename T>
  static typename WideOf<T>::type apply(T a, T b, typename WideOf<T>::type c) {
    return Add::apply(MulWide::apply(a, b), c);
  }
};
// Division by zero has no defined result; all ones is what hardware gives.
struct Div {
  template <typename T>
  static T apply(T a, T b) {
    if (b == 0) return static_cast<T>(-1);
    if (std::is_signed_v<T> && b == static_cast<T>(-1)) return Sub::apply(T{0}, a);
    return static_cast<T>(a / b);
  }
};
struct Rem {
  template <typename T>
  static T apply(T a, T b) {
    if (b == 0) return a;
    if (std::is_signed_v<T> && b == static_cast<T>(-1)) return 0;
    return static_cast<T>(a % b);
  }
};
struct Min {
  template <typename T>
  static T apply(T a, T b) {
    return a < b ? a : b;
  }
};
struct Max {
  template <typename T>
  static T apply(T a, T b) {
    return a > b ? a : b;
  }
};
struct Neg {
  template <typename T>
  static T apply(T a) {
    return Sub::apply(T{0}, a);
  }
};
struct Abs {
  template <typename T>
  static T apply(T a) {
    return a < 0 ? Neg::apply(a) : a;
  }
};

int32_t clamp_to_s32(int64_t value) {
  return static_cast<int32_t>(value < INT32_MIN   ? INT32_MIN
                              : value > INT32_MAX ? INT32_MAX
                                                  : value);
}
struct AddSaturating {
  static int32_t apply(int32_t a, int32_t b) { return clamp_to_s32(int64_t{a} + b); }
};
struct SubSaturating {
  static int32_t apply(int32_t a, int32_t b) { return clamp_to_s32(int64_t{a} - b); }
};

template <typename Operation, typename T>
constexpr Execute kBinary = map_lanes<Operation, T, T, T>;

template <typename Operation>
Execute select_binary(const Instruction& instruction) {
  switch (instruction.form->type()) {
    case ptx::Type::kU16: return kBinary<Operation, uint16_t>;
    case ptx::Type::kU32: return kBinary<Operation, uint32_t>;
    case ptx::Type::kU64: return kBinary<Operation, uint64_t>;
    case ptx::Type::kS16: return kBinary<Operation, int16_t>;
    case ptx::Type::kS32: return kBinary<Operation, int32_t>;
    case ptx::Type::kS64: return kBinary<Operation, int64_t>;
    default: return nullptr;
  }
}

template <typename Operation>
Execute select_ternary(const Instruction& instruction) {
  switch (instruction.form->type()) {
    case ptx::Type::kU16: return map_lanes<Operation, uint16_t, uint16_t, uint16_t, uint16_t>;
    case ptx::Type::kU32: return map_lanes<Operation, uint32_t, uint32_t, uint32_t, uint32_t>;
    case ptx::Type::kU64: return map_lanes<Operation, uint64_t, uint64_t, uint64_t, uint64_t>;
    case ptx::Type::kS16: return map_lanes<Operation, int16_t, int16_t, int16_t, int16_t>;
    case ptx::Type::kS32: return map_lanes<Operation, int32_t, int32_t, int32_t, int32_t>;
    case ptx::Type::kS64: return map_lanes<Operation, int64_t, int64_t, int64_t, int64_t>;
    default: return nullptr;
  }
}

template <typename Operation>
Execute select_signed_unary(const Instruction& instruction) {
  switch (instruction.form->type()) {
    case ptx::Type::kS16: return map_lanes<Operation, int16_t, int16_t>;
    case ptx::Type::kS32: return map_lanes<Operation, int32_t, int32_t>;
    case ptx::Type::kS64: return map_lanes<Operation, int64_t, int64_t>;
    default: return nullptr;
  }
}

Execute integer_add(const Instruction& i) {
  return select_binary<Add>(i);
}
Execute integer_sub(const Instruction& i) {
  return select_binary<Sub>(i);
}
Execute integer_mul_low(const Instruction& i) {
  return select_binary<MulLow>(i);
}
Execute integer_mul_high(const Instruction& i) {
  return select_binary<MulHigh>(i);
}
Execute integer_mad_low(const Instruction& i) {
  return select_ternary<MadLow>(i);
}
Execute integer_mad_high(const Instruction& i) {
  return select_ternary<MadHigh>(i);
}
Execute integer_div(const Instruction& i) {
  return select_binary<Div>(i);
}
Execute integer_rem(const Instruction& i) {
  return select_binary<Rem>(i);
}
Execute integer_min(const Instruction& i) {
  return select_binary<Min>(i);
}
Execute integer_max(const Instruction& i) {
  return select_binary<Max>(i);
}
Execute integer_neg(const Instruction& i) {
  return select_signed_unary<Neg>(i);
}
Execute integer_abs(const Instruction& i) {
  return select_signed_unary<Abs>(i);
}
Execute integer_add_saturating(const Instruction&) {
  return kBinary<AddSaturating, int32_t>;
}
Execute integer_sub_saturating(const Instruction&) {
  return kBinary<SubSaturating, int32_t>;
}

Execute integer_mul_wide(const Instruction& instruction) {
  switch (instruction.form->type()) {
    case ptx::Type::kU16: return map_lanes<MulWide, uint32_t, uint16_t, uint16_t>;
    case ptx::Type::kS16: return map_lanes<MulWide, int32_t, int16_t, int16_t>;
    case ptx::Type::kU32: return map_lanes<MulWide, uint64_t, uint32_t, uint32_t>;
    case ptx::Type::kS32: return map_lanes<MulWide, int64_t, int32_t, int32_t>;
    default: return nullptr;
  }
}

Execute integer_mad_wide(const Instruction& instruction) {
  switch (instruction.form->type()) {
    case ptx::Type::kU16: return map_lanes<MadWide, uint32_t, uint16_t, uint16_t, uint32_t>;
    case ptx::Type::kS16: return map_lanes<MadWide, int32_t, int16_t, int16_t, int32_t>;
    case ptx::Type::kU32: return map_lanes<MadWide, uint64_t, uint32_t, uint32_t, uint64_t>;
    case ptx::Type::kS32: return map_lanes<MadWide, int64_t, int32_t, int32_t, int64_t>;
    default: return nullptr;
  }
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator::handlers {
EMULATOR_DISPATCH(integer_add)
EMULATOR_DISPATCH(integer_sub)
EMULATOR_DISPATCH(integer_add_saturating)
EMULATOR_DISPATCH(integer_sub_saturating)
EMULATOR_DISPATCH(integer_mul_low)
EMULATOR_DISPATCH(integer_mul_high)
EMULATOR_DISPATCH(integer_mul_wide)
EMULATOR_DISPATCH(integer_mad_low)
EMULATOR_DISPATCH(integer_mad_high)
EMULATOR_DISPATCH(integer_mad_wide)
EMULATOR_DISPATCH(integer_div)
EMULATOR_DISPATCH(integer_rem)
EMULATOR_DISPATCH(integer_abs)
EMULATOR_DISPATCH(integer_neg)
EMULATOR_DISPATCH(integer_min)
EMULATOR_DISPATCH(integer_max)
}  // namespace emulator::handlers
#endif
