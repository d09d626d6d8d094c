// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// Loops over the 32 lanes of a warp. This file is compiled once for each instruction set of the
// host (see hwy/foreach_target.h), hence the guard that lets it be included again.
#if defined(EMULATOR_INSN_LANE_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EMULATOR_INSN_LANE_LOOPS_INL_H_
#undef EMULATOR_INSN_LANE_LOOPS_INL_H_
#else
#define EMULATOR_INSN_LANE_LOOPS_INL_H_
#endif

#include <hwy/highway.h>

#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "emulator/core/warp.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {

// Rows hold words of 32 or 64 bits; a narrower value lies in the low bits.
template <typename T>
using WordOf = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

template <size_t kBytes>
using UnsignedOf = std::conditional_t<
    kBytes == 1, uint8_t,
    std::conditional_t<kBytes == 2, uint16_t, std::conditional_t<kBytes == 4, uint32_t, uint64_t>>>;

template <typename T>
T from_word(WordOf<T> word) {
  return std::bit_cast<T>(static_cast<UnsignedOf<sizeof(T)>>(word));
}

template <typename T>
WordOf<T> to_word(T value) {
  return std::bit_cast<UnsignedOf<sizeof(T)>>(value);
}

// Calls visit(lane) for each lane of the mask, lowest first; cheap when all lanes are there.
template <typename Visit>
HWY_INLINE void visit_lanes(LaneMask lanes, const Visit& visit) {
  if (lanes == kAllLanes) {
#pragma GCC ivdep
    for (int lane = 0; lane < kWarpSize; ++lane) visit(lane);
  } else {
    for (; lanes != 0; lanes &= lanes - 1) visit(lowest_lane(lanes));
  }
}

// d = Operation::apply(sources...) for each active lane. A source row may be the destination row.
template <typename Operation, typename D, typename... S, size_t... kIndex>
void map_rows(Warp& warp, const Instruction& instruction, LaneMask lanes,
              std::index_sequence<kIndex...>) {
  WordOf<D>* d = warp.words<WordOf<D>>(instruction.operands[0]);
  const auto sources = std::make_tuple(
      static_cast<const WordOf<S>*>(warp.words<WordOf<S>>(instruction.operands[1 + kIndex]))...);
  if (lanes == kAllLanes) {
#pragma GCC ivdep
    for (int lane = 0; lane < kWarpSize; ++lane) {
      d[lane] = to_word<D>(Operation::apply(from_word<S>(std::get<kIndex>(sources)[lane])...));
    }
    return;
  }
  alignas(64) WordOf<D> results[kWarpSize];
  for (int lane = 0; lane < kWarpSize; ++lane) {
    results[lane] = to_word<D>(Operation::apply(from_word<S>(std::get<kIndex>(sources)[lane])...));
  }
#pragma GCC ivdep
  for (int lane = 0; lane < kWarpSize; ++lane) {
    d[lane] = (lanes >> lane) & 1 ? results[lane] : d[lane];
  }
}

template <typename Operation, typename D, typename... S>
Outcome map_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  map_rows<Operation, D, S...>(warp, instruction, lanes, std::index_sequence_for<S...>());
  return Outcome::kNext;
}

// One bit per lane: Predicate::test(a, b).
template <typename Predicate, typename T>
LaneMask test_lanes(Warp& warp, const Row& row_a, const Row& row_b) {
  const WordOf<T>* a = warp.words<WordOf<T>>(row_a);
  const WordOf<T>* b = warp.words<WordOf<T>>(row_b);
  LaneMask bits = 0;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    const bool is_true = Predicate::test(from_word<T>(a[lane]), from_word<T>(b[lane]));
    bits |= static_cast<LaneMask>(is_true) << lane;
  }
  return bits;
}

}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
