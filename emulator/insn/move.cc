// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>

#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
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

// mov.b64 d, {a, b}: the first element lies in the low bits.
Outcome pack(Warp& warp, const Instruction& instruction, LaneMask lanes) {
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

// mov.b64 {a, b}, d
Outcome unpack(Warp& warp, const Instruction& instruction, LaneMask lanes) {
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

}  // namespace

namespace handlers {

Execute move(const Instruction& instruction) {
  const int num_sources = instruction.num_operands - instruction.num_destinations;
  if (num_sources == instruction.num_destinations) return copy_rows;
  if (instruction.form->type() == ptx::Type::kB128) return nullptr;
  return num_sources > 1 ? pack : unpack;
}

}  // namespace handlers
}  // namespace emulator
