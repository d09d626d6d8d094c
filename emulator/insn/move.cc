// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/move.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <cstring>
#include <type_traits>

#include "emulator/insn/dispatch.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/lane_loops-inl.h"
#include "emulator/insn/scalar_loop.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

template <typename Word>
void copy_row(Warp& warp, const Row& to, const Row& from, LaneMask lanes) {
  Word* d = warp.words<Word>(to);
  const Word* a = warp.words<Word>(from);
  if (lanes == kAllLanes) {
    std::memmove(d, a, sizeof(Word) * kWarpSize);
    return;
  }
  for_each_lane(lanes, [&](int lane) { d[lane] = a[lane]; });
}

// mov d, a, and mov of 128 bits between two rows each.
Outcome copy_rows(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const int count = instruction.num_destinations;
  for (int i = 0; i < count; ++i) {
    const Row& to = instruction.operands[i];
    const Row& from = instruction.operands[count + i];
    if (to.is_wide) {
      copy_row<uint64_t>(warp, to, from, lanes);
    } else {
      copy_row<uint32_t>(warp, to, from, lanes);
    }
  }
  return Outcome::kNext;
}

// The number that kCount elements of kBits bits make.
template <int kBits, int kCount>
using WholeOf = std::conditional_t<kBits * kCount == 64, uint64_t, uint32_t>;

template <int kBits>
constexpr uint32_t kElementMask = static_cast<uint32_t>((uint64_t{1} << kBits) - 1);

// mov.b64 d, {a, b}: the first element lies in the low bits.
template <int kBits, int kCount>
Outcome pack(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  using Whole = WholeOf<kBits, kCount>;
  const uint32_t* elements[kCount];
  for (int i = 0; i < kCount; ++i) {
    elements[i] = warp.words<uint32_t>(instruction.operands[1 + i]);
  }
  Whole* d = warp.words<Whole>(instruction.operands[0]);
  visit_lanes(lanes, [=](int lane) {
    Whole value = 0;
    for (int i = 0; i < kCount; ++i) {
      value |= Whole{elements[i][lane] & kElementMask<kBits>} << (kBits * i);
    }
    d[lane] = value;
  });
  return Outcome::kNext;
}

// mov.b64 {a, b}, d. The source may be one of the destinations.
template <int kBits, int kCount>
Outcome unpack(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  using Whole = WholeOf<kBits, kCount>;
  uint32_t* elements[kCount];
  for (int i = 0; i < kCount; ++i) elements[i] = warp.words<uint32_t>(instruction.operands[i]);
  const Whole* source = warp.words<Whole>(instruction.operands[kCount]);
  alignas(64) Whole a[kWarpSize];
  std::memcpy(a, source, sizeof a);
  visit_lanes(lanes, [&](int lane) {
    for (int i = 0; i < kCount; ++i) {
      elements[i][lane] = static_cast<uint32_t>(a[lane] >> (kBits * i)) & kElementMask<kBits>;
    }
  });
  return Outcome::kNext;
}

// Any widths: immediate elements are rows as wide as the whole.
Outcome pack_any(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const int count = instruction.num_operands - 1;
  const int bits = ptx::size_bits(instruction.form->type()) / count;
  const uint64_t mask = ~uint64_t{0} >> (64 - bits);
  for_each_lane(lanes, [&](int lane) {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) {
      value |= (read_lane(warp, instruction.operands[1 + i], lane) & mask) << (bits * i);
    }
    write_lane(warp, instruction.operands[0], lane, value);
  });
  return Outcome::kNext;
}

Outcome unpack_any(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const int count = instruction.num_destinations;
  const int bits = ptx::size_bits(instruction.form->type()) / count;
  const uint64_t mask = ~uint64_t{0} >> (64 - bits);
  for_each_lane(lanes, [&](int lane) {
    const uint64_t value = read_lane(warp, instruction.operands[count], lane);
    for (int i = 0; i < count; ++i) {
      write_lane(warp, instruction.operands[i], lane, (value >> (bits * i)) & mask);
    }
  });
  return Outcome::kNext;
}

// `whole` is one row and `elements` are count rows of 32 bits; others take the slow way.
bool has_usual_widths(const Row& whole, const Row* elements, int count, int bits) {
  bool is_usual = whole.is_wide == (bits * count == 64);
  for (int i = 0; i < count; ++i) is_usual &= !elements[i].is_wide;
  return is_usual;
}

Execute select_pack(const Instruction& instruction) {
  const Row* operands = instruction.operands;
  const int count = instruction.num_operands - 1;
  const int bits = ptx::size_bits(instruction.form->type()) / count;
  if (!has_usual_widths(operands[0], operands + 1, count, bits)) return pack_any;
  if (count == 2 && bits == 32) return pack<32, 2>;
  if (count == 2 && bits == 16) return pack<16, 2>;
  if (count == 4 && bits == 16) return pack<16, 4>;
  return pack_any;
}

Execute select_unpack(const Instruction& instruction) {
  const Row* operands = instruction.operands;
  const int count = instruction.num_destinations;
  const int bits = ptx::size_bits(instruction.form->type()) / count;
  if (!has_usual_widths(operands[count], operands, count, bits)) return unpack_any;
  if (count == 2 && bits == 32) return unpack<32, 2>;
  if (count == 2 && bits == 16) return unpack<16, 2>;
  if (count == 4 && bits == 16) return unpack<16, 4>;
  return unpack_any;
}

Execute move(const Instruction& instruction) {
  const int num_sources = instruction.num_operands - instruction.num_destinations;
  if (num_sources == instruction.num_destinations) return copy_rows;
  if (instruction.form->type() == ptx::Type::kB128) return nullptr;
  return num_sources > 1 ? select_pack(instruction) : select_unpack(instruction);
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator::handlers {
EMULATOR_DISPATCH(move)
}  // namespace emulator::handlers
#endif
