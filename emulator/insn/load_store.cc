// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/load_store.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <cstring>
#include <type_traits>

#include "emulator/insn/dispatch.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/lane_loops-inl.h"
#include "emulator/insn/memory_access-inl.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

using ptx::StateSpace;

// The kRows elements of one lane lie beside each other in memory, and in kRows rows of registers.
template <typename T, typename Word, int kRows>
class Elements {
 public:
  // `rows` are the first of kRows operands.
  Elements(const Warp& warp, const Row* rows) {
    for (int i = 0; i < kRows; ++i) row_[i] = warp.words<Word>(rows[i]);
  }

  // Loads fill the whole register: signed values with copies of their sign, others with zeros.
  HWY_NOINLINE static void load(Elements elements, LaneMask lanes, const HostAddresses& from) {
    const uint8_t* first = from.lane[0];
    if (from.pattern == Pattern::kContiguous) {
      visit_lanes(kAllLanes,
                  [&](int lane) { elements.load_lane(lane, first + lane * kLaneBytes); });
    } else if (from.pattern == Pattern::kUniform) {
      visit_lanes(lanes, [&](int lane) { elements.load_lane(lane, first); });
    } else {
      visit_lanes(lanes, [&](int lane) { elements.load_lane(lane, from.lane[lane]); });
    }
  }

  HWY_NOINLINE static void store(Elements elements, LaneMask lanes, const HostAddresses& to) {
    uint8_t* first = to.lane[0];
    if (to.pattern == Pattern::kContiguous) {
      visit_lanes(kAllLanes,
                  [&](int lane) { elements.store_lane(lane, first + lane * kLaneBytes); });
    } else {
      visit_lanes(lanes, [&](int lane) { elements.store_lane(lane, to.lane[lane]); });
    }
  }

 private:
  static constexpr size_t kLaneBytes = sizeof(T) * kRows;

  HWY_INLINE void load_lane(int lane, const uint8_t* from) const {
    using Widened = std::conditional_t<std::is_signed_v<T>, std::make_signed_t<Word>, Word>;
    for (int i = 0; i < kRows; ++i) {
      T value;
      std::memcpy(&value, from + sizeof(T) * static_cast<size_t>(i), sizeof(T));
      row_[i][lane] = static_cast<Word>(static_cast<Widened>(value));
    }
  }
  HWY_INLINE void store_lane(int lane, uint8_t* to) const {
    for (int i = 0; i < kRows; ++i) {
      const T value = static_cast<T>(row_[i][lane]);
      std::memcpy(to + sizeof(T) * static_cast<size_t>(i), &value, sizeof(T));
    }
  }

  Word* row_[kRows];
};

// Elements of a vector are all in registers of one width.
template <typename T, int kRows, typename Visit>
void with_elements(const Warp& warp, const Row* rows, Visit&& visit) {
  if (sizeof(T) == 8 || rows[0].is_wide) {
    visit(Elements<T, uint64_t, kRows>(warp, rows));
  } else if constexpr (sizeof(T) < 8) {
    visit(Elements<T, uint32_t, kRows>(warp, rows));
  }
}

// ld d..., [a]
template <StateSpace kSpace, typename T, int kRows>
Outcome load_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  HostAddresses from;
  resolve_lanes<kSpace, sizeof(T) * kRows, Access::kRead>(warp, instruction,
                                                          instruction.operands[kRows], lanes, from);
  with_elements<T, kRows>(warp, instruction.operands,
                          [&](const auto& elements) { elements.load(elements, lanes, from); });
  return Outcome::kNext;
}

// st [a], b...
template <StateSpace kSpace, typename T, int kRows>
Outcome store_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  HostAddresses to;
  resolve_lanes<kSpace, sizeof(T) * kRows, Access::kWrite>(warp, instruction,
                                                           instruction.operands[0], lanes, to);
  with_elements<T, kRows>(warp, instruction.operands + 1,
                          [&](const auto& elements) { elements.store(elements, lanes, to); });
  return Outcome::kNext;
}

// Rows of a vector operand; an element of 128 bits is two rows of 64.
int num_rows(const ptx::Form& form) {
  return form.vector_width() * (form.type() == ptx::Type::kB128 ? 2 : 1);
}

struct Load {
  template <StateSpace kSpace, typename T, int kRows>
  static constexpr Execute kRun = load_lanes<kSpace, T, kRows>;
};
struct Store {
  template <StateSpace kSpace, typename T, int kRows>
  static constexpr Execute kRun = store_lanes<kSpace, std::make_unsigned_t<T>, kRows>;
};

template <typename Direction, StateSpace kSpace, typename T>
Execute select_rows(int rows) {
  constexpr size_t kMaxBytes = 32;
  switch (rows) {
    case 1: return Direction::template kRun<kSpace, T, 1>;
    case 2: return Direction::template kRun<kSpace, T, 2>;
    case 4: return Direction::template kRun<kSpace, T, 4>;
    case 8:
      if constexpr (8 * sizeof(T) <= kMaxBytes) return Direction::template kRun<kSpace, T, 8>;
      [[fallthrough]];
    default: return nullptr;
  }
}

template <typename Direction, StateSpace kSpace>
Execute select_type(const ptx::Form& form) {
  const int rows = num_rows(form);
  const bool is_signed = ptx::is_signed_integer(form.type());
  switch (ptx::size_bits(form.type())) {
    case 8:
      return is_signed ? select_rows<Direction, kSpace, int8_t>(rows)
                       : select_rows<Direction, kSpace, uint8_t>(rows);
    case 16:
      return is_signed ? select_rows<Direction, kSpace, int16_t>(rows)
                       : select_rows<Direction, kSpace, uint16_t>(rows);
    case 32:
      return is_signed ? select_rows<Direction, kSpace, int32_t>(rows)
                       : select_rows<Direction, kSpace, uint32_t>(rows);
    default: return select_rows<Direction, kSpace, uint64_t>(rows);
  }
}

template <typename Direction>
Execute select_space(const ptx::Form& form) {
  switch (space_of(form)) {
    case StateSpace::kGlobal:
    case StateSpace::kConst: return select_type<Direction, StateSpace::kGlobal>(form);
    case StateSpace::kShared: return select_type<Direction, StateSpace::kShared>(form);
    case StateSpace::kLocal: return select_type<Direction, StateSpace::kLocal>(form);
    case StateSpace::kParam: return select_type<Direction, StateSpace::kParam>(form);
    case StateSpace::kGeneric: return select_type<Direction, StateSpace::kGeneric>(form);
  }
  return nullptr;
}

Execute load(const Instruction& instruction) {
  return select_space<Load>(*instruction.form);
}
Execute store(const Instruction& instruction) {
  return select_space<Store>(*instruction.form);
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator::handlers {
EMULATOR_DISPATCH(load)
EMULATOR_DISPATCH(store)
}  // namespace emulator::handlers
#endif
