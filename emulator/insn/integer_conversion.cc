// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/integer_conversion.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <algorithm>
#include <limits>

#include "emulator/insn/dispatch.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/lane_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

// A narrow signed result fills its register with copies of the sign.
template <typename D>
WordOf<D> extended_word(D value) {
  using Signed = std::make_signed_t<WordOf<D>>;
  return std::is_signed_v<D> ? static_cast<WordOf<D>>(static_cast<Signed>(value))
                             : static_cast<WordOf<D>>(value);
}

template <typename D>
struct Truncate {
  template <typename S>
  static WordOf<D> apply(S value) {
    return extended_word(static_cast<D>(value));
  }
};

template <typename D>
struct Saturate {
  template <typename S>
  static WordOf<D> apply(S value) {
    if (std::cmp_less(value, std::numeric_limits<D>::min())) {
      return extended_word(std::numeric_limits<D>::min());
    }
    if (std::cmp_greater(value, std::numeric_limits<D>::max())) {
      return extended_word(std::numeric_limits<D>::max());
    }
    return extended_word(static_cast<D>(value));
  }
};

// A register may be wider than the source's type; the value then lies in its low bits.
template <typename Conversion, typename D, typename S>
Outcome convert_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  if (sizeof(S) == 8 || !instruction.operands[1].is_wide) {
    return map_lanes<Conversion, WordOf<D>, S>(warp, instruction, lanes);
  }
  WordOf<D>* d = warp.words<WordOf<D>>(instruction.operands[0]);
  const uint64_t* source = warp.words<uint64_t>(instruction.operands[1]);
  visit_lanes(lanes, [&](int lane) { d[lane] = Conversion::apply(static_cast<S>(source[lane])); });
  return Outcome::kNext;
}

template <typename Conversion, typename D>
Execute select_source(ptx::Type source) {
  switch (source) {
    case ptx::Type::kU8: return convert_lanes<Conversion, D, uint8_t>;
    case ptx::Type::kU16: return convert_lanes<Conversion, D, uint16_t>;
    case ptx::Type::kU32: return convert_lanes<Conversion, D, uint32_t>;
    case ptx::Type::kU64: return convert_lanes<Conversion, D, uint64_t>;
    case ptx::Type::kS8: return convert_lanes<Conversion, D, int8_t>;
    case ptx::Type::kS16: return convert_lanes<Conversion, D, int16_t>;
    case ptx::Type::kS32: return convert_lanes<Conversion, D, int32_t>;
    case ptx::Type::kS64: return convert_lanes<Conversion, D, int64_t>;
    default: return nullptr;
  }
}

template <template <typename> class Conversion>
Execute select_types(const Instruction& instruction) {
  const ptx::Type source = instruction.form->source_type();
  switch (instruction.form->type()) {
    case ptx::Type::kU8: return select_source<Conversion<uint8_t>, uint8_t>(source);
    case ptx::Type::kU16: return select_source<Conversion<uint16_t>, uint16_t>(source);
    case ptx::Type::kU32: return select_source<Conversion<uint32_t>, uint32_t>(source);
    case ptx::Type::kU64: return select_source<Conversion<uint64_t>, uint64_t>(source);
    case ptx::Type::kS8: return select_source<Conversion<int8_t>, int8_t>(source);
    case ptx::Type::kS16: return select_source<Conversion<int16_t>, int16_t>(source);
    case ptx::Type::kS32: return select_source<Conversion<int32_t>, int32_t>(source);
    case ptx::Type::kS64: return select_source<Conversion<int64_t>, int64_t>(source);
    default: return nullptr;
  }
}

Execute convert_integer(const Instruction& i) {
  return select_types<Truncate>(i);
}
Execute convert_integer_saturating(const Instruction& i) {
  return select_types<Saturate>(i);
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator::handlers {
EMULATOR_DISPATCH(convert_integer)
EMULATOR_DISPATCH(convert_integer_saturating)
}  // namespace emulator::handlers
#endif
