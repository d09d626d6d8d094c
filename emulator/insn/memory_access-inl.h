// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// Finds and checks what a whole warp accesses without a branch per lane; see lane_loops-inl.h for
// how this file is compiled.
#if defined(EMULATOR_INSN_MEMORY_ACCESS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EMULATOR_INSN_MEMORY_ACCESS_INL_H_
#undef EMULATOR_INSN_MEMORY_ACCESS_INL_H_
#else
#define EMULATOR_INSN_MEMORY_ACCESS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"
#include "emulator/insn/lane_loops-inl.h"
#include "emulator/insn/memory_access.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {

// What the addresses of the active lanes have in common; each access has kSize bytes.
template <typename Word>
struct Survey {
  Word lowest;
  Word highest;
  bool is_aligned;
  Pattern pattern;
};

// Sets addresses[] lane by lane to the row's values plus its displacement; lanes that are not
// active repeat the address of one that is.
template <uint32_t kSize, typename Word>
HWY_INLINE Survey<Word> survey_addresses(const Warp& warp, const Row& row, LaneMask lanes,
                                         Word* addresses) {
  const Word* values = warp.words<Word>(row);
  const auto displacement = static_cast<Word>(row.displacement);
  const Word first = values[lowest_lane(lanes)] + displacement;
  Word off_uniform = 0;
  Word off_contiguous = 0;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    addresses[lane] = (lanes >> lane) & 1 ? values[lane] + displacement : first;
    const Word distance = addresses[lane] - first;
    off_uniform |= distance;
    off_contiguous |= distance ^ static_cast<Word>(lane) * kSize;
  }
  const bool is_first_aligned = first % kSize == 0;
  if (off_uniform == 0) return {first, first, is_first_aligned, Pattern::kUniform};
  if (off_contiguous == 0) {
    constexpr Word kDistance = (kWarpSize - 1) * kSize;
    return {first, first + kDistance, is_first_aligned, Pattern::kContiguous};
  }
  Word lowest = first;
  Word highest = first;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    lowest = std::min(lowest, addresses[lane]);
    highest = std::max(highest, addresses[lane]);
  }
  // Where the first is aligned, the others are when their distances are.
  const bool is_aligned = is_first_aligned && off_uniform % kSize == 0;
  return {lowest, highest, is_aligned, Pattern::kScattered};
}

// All lanes inside one allocation and aligned. False says only that some lane needs a closer look.
template <uint32_t kSize>
HWY_NOINLINE bool resolve_global_together(Warp& warp, const Row& row, LaneMask lanes,
                                          HostAddresses& resolved) {
  static_assert(sizeof(uint64_t) == sizeof(uint8_t*));
  alignas(64) uint64_t addresses[kWarpSize];
  const auto survey = survey_addresses<kSize>(warp, row, lanes, addresses);
  if (!survey.is_aligned ||
      !warp.cta().cluster.allocations.contains(survey.lowest, survey.highest + kSize)) {
    return false;
  }
  std::memcpy(resolved.lane, addresses, sizeof addresses);
  resolved.pattern = survey.pattern;
  return true;
}

namespace hn = hwy::HWY_NAMESPACE;

// Offsets as the indices of a gather of words as wide.
template <typename Tag, typename Vector>
HWY_INLINE auto widened(Tag indices, Vector offsets) {
  if constexpr (sizeof(hn::TFromD<Tag>) == sizeof(uint32_t)) {
    return hn::BitCast(indices, offsets);
  } else {
    return hn::BitCast(indices, hn::PromoteTo(hn::RebindToUnsigned<Tag>(), offsets));
  }
}

// The bits of bytes' states that speak against an access.
template <Access kAccess, typename Word>
constexpr Word kMask =
    static_cast<Word>(0x0101010101010101) *
    (kAccess == Access::kRead ? SharedMemory::kReadMask : SharedMemory::kWriteMask);
template <Access kAccess, typename Word>
constexpr Word kWanted = kAccess == Access::kRead ? static_cast<Word>(0x0101010101010101) : 0;

// True when threads may read or write all of the bytes.
template <Access kAccess>
HWY_INLINE bool is_range_fit(const uint8_t* states, size_t num_bytes) {
  uint8_t unfit = 0;
  for (size_t i = 0; i < num_bytes; ++i)
    unfit |= (states[i] & kMask<kAccess, uint8_t>)^kWanted<kAccess, uint8_t>;
  return unfit == 0;
}

// The same for kSize bytes at each of 32 offsets. Words may reach past the last byte, not past the
// padding behind the states.
template <uint32_t kSize, Access kAccess>
HWY_INLINE bool are_places_fit(const uint8_t* states, const uint32_t* offsets) {
  using Word = std::conditional_t < kSize<8, uint32_t, uint64_t>;
  using Index = std::conditional_t < kSize<8, int32_t, int64_t>;
  constexpr Word kBytes = kSize < 4 ? (Word{1} << 8 * kSize % 32) - 1 : ~Word{0};
  const hn::ScalableTag<Word> words;
  const hn::Rebind<uint32_t, decltype(words)> narrow;
  const hn::Rebind<Index, decltype(words)> indices;
  const auto mask = hn::Set(words, kMask<kAccess, Word> & kBytes);
  const auto wanted = hn::Set(words, kWanted<kAccess, Word> & kBytes);
  auto unfit = hn::Zero(words);
  for (size_t lane = 0; lane < kWarpSize; lane += hn::Lanes(words)) {
    const auto offset = hn::LoadU(narrow, offsets + lane);
    for (uint32_t i = 0; i < kSize; i += sizeof(Word)) {
      const auto* first = reinterpret_cast<const Word*>(states + i);
      const auto found = hn::GatherOffset(words, first, widened(indices, offset));
      unfit = hn::Or(unfit, hn::Xor(hn::And(found, mask), wanted));
    }
  }
  return hn::AllTrue(words, hn::Eq(unfit, hn::Zero(words)));
}

template <uint32_t kSize, Access kAccess>
bool is_fit(const SharedMemory& memory, const Survey<uint32_t>& survey, const uint32_t* offsets) {
  const uint8_t* states = memory.states();
  if (survey.pattern == Pattern::kContiguous) {
    return is_range_fit<kAccess>(states + survey.lowest, kSize * kWarpSize);
  }
  if (survey.pattern == Pattern::kUniform) {
    return is_range_fit<kAccess>(states + survey.lowest, kSize);
  }
  return are_places_fit<kSize, kAccess>(states, offsets);
}

template <uint32_t kSize>
void mark_initialised(SharedMemory& memory, const Survey<uint32_t>& survey, const uint32_t* offsets,
                      LaneMask lanes) {
  if (survey.pattern == Pattern::kContiguous) {
    memory.set_state(survey.lowest, kSize * kWarpSize, ByteState::kInitialised);
  } else if (survey.pattern == Pattern::kUniform) {
    memory.set_state(survey.lowest, kSize, ByteState::kInitialised);
  } else {
    visit_lanes(lanes,
                [&](int lane) { memory.set_state(offsets[lane], kSize, ByteState::kInitialised); });
  }
}

// All lanes in the shared memory of their own CTA, in bounds, aligned and in a fit state. False
// says only that some lane needs a closer look.
template <uint32_t kSize, Access kAccess>
HWY_NOINLINE bool resolve_shared_together(Warp& warp, const Row& row, LaneMask lanes,
                                          HostAddresses& resolved) {
  alignas(64) uint32_t offsets[kWarpSize];
  auto survey = survey_addresses<kSize>(warp, row, lanes, offsets);
  const uint32_t window = warp.cta().rank << kSharedRankShift;
  survey.lowest -= window;
  survey.highest -= window;
  SharedMemory& memory = warp.cta().shared;
  if (!survey.is_aligned || survey.lowest > survey.highest ||
      survey.lowest < kReservedSharedBytes || survey.highest > kSharedOffsetMask ||
      !memory.contains(survey.highest, kSize)) {
    return false;
  }
  for (uint32_t& offset : offsets) offset -= window;
  if (!is_fit<kSize, kAccess>(memory, survey, offsets)) return false;
  if (kAccess == Access::kWrite) mark_initialised<kSize>(memory, survey, offsets, lanes);
  uint8_t* const start = memory.at(0);
  for (int lane = 0; lane < kWarpSize; ++lane) resolved.lane[lane] = start + offsets[lane];
  resolved.pattern = survey.pattern;
  return true;
}

// As emulator::resolve, for accesses of kSize bytes.
template <ptx::StateSpace kSpace, uint32_t kSize, Access kAccess>
void resolve_lanes(Warp& warp, const Instruction& instruction, const Row& row, LaneMask lanes,
                   HostAddresses& resolved) {
  constexpr bool kMayBeGlobal =
      kSpace == ptx::StateSpace::kGlobal || kSpace == ptx::StateSpace::kGeneric;
  if (kMayBeGlobal && row.is_wide && resolve_global_together<kSize>(warp, row, lanes, resolved)) {
    return;
  }
  if (kSpace == ptx::StateSpace::kShared && !row.is_wide &&
      resolve_shared_together<kSize, kAccess>(warp, row, lanes, resolved)) {
    return;
  }
  resolve(warp, instruction, row, lanes, kSpace, kSize, kAccess, resolved);
}

}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
