// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <cmath>

#include "emulator/insn/handlers.h"
#include "emulator/insn/tensor_memory_window.h"

namespace emulator {
namespace {

using Kind = TensorMemoryShape::Kind;

// The value of register `r` for thread `t`.
uint32_t read_word(const TensorMemoryWindow& window, uint32_t t, uint32_t r) {
  const TensorMemoryAddress place = window.place(t, r);
  const uint32_t word = window.memory->word(place.lane, place.column);
  if (!window.shape.is_packed()) return word;
  const uint32_t high = window.memory->word(place.lane, place.column + 1);
  return (word & 0xffff) | high << 16;
}

void write_word(const TensorMemoryWindow& window, uint32_t t, uint32_t r, uint32_t value) {
  const TensorMemoryAddress place = window.place(t, r);
  if (!window.shape.is_packed()) return window.memory->write(place.lane, place.column, value);
  window.memory->write(place.lane, place.column, value & 0xffff);
  window.memory->write(place.lane, place.column + 1, value >> 16);
}

// tcgen05.ld {d...}, [address], split
template <Kind kKind, bool kIsPacked>
Outcome load(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_tensor_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  const uint32_t num_registers = instruction.num_destinations;
  const TensorMemoryShape shape(kKind, num_registers, kIsPacked);
  const Row* address = instruction.operands + num_registers;
  const auto window = open_window(warp, instruction, *address, shape, TensorMemoryUse::kLoad);
  for (uint32_t r = 0; r < num_registers; ++r) {
    auto* d = warp.words<uint32_t>(instruction.operands[r]);
    if constexpr (kKind == Kind::k32x32b && !kIsPacked) {
      const uint32_t* words = window.memory->lanes(window.base.column + r, window.base.lane);
      std::copy_n(words, kWarpSize, d);
    } else {
      for (uint32_t t = 0; t < kWarpSize; ++t) d[t] = read_word(window, t, r);
    }
  }
  return Outcome::kNext;
}

// tcgen05.st [address], split, {b...}
template <Kind kKind, bool kIsPacked>
Outcome store(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_tensor_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  constexpr int kFirst = kKind == Kind::k16x32bx2 ? 2 : 1;
  const auto num_registers = static_cast<uint32_t>(instruction.num_operands - kFirst);
  const TensorMemoryShape shape(kKind, num_registers, kIsPacked);
  const auto window =
      open_window(warp, instruction, instruction.operands[0], shape, TensorMemoryUse::kStore);
  for (uint32_t r = 0; r < num_registers; ++r) {
    const auto* b = warp.words<uint32_t>(instruction.operands[kFirst + r]);
    if constexpr (kKind == Kind::k32x32b && !kIsPacked) {
      const uint32_t column = window.base.column + r;
      std::copy_n(b, kWarpSize, window.memory->lanes(column, window.base.lane));
      window.memory->set_initialised(column, window.base.lane, kAllLanes);
    } else {
      for (uint32_t t = 0; t < kWarpSize; ++t) write_word(window, t, r, b[t]);
    }
  }
  return Outcome::kNext;
}

struct Reduction {
  bool is_max = false;
  bool is_absolute = false;
  bool propagates_nan = false;
  ptx::Type type = ptx::Type::kF32;
};

// The words are compared as numbers of the instruction's type. Without .NaN a number wins over NaN.
uint32_t reduce_two(const Reduction& how, uint32_t a, uint32_t b) {
  constexpr uint32_t kNan = 0x7fffffff;
  if (how.type == ptx::Type::kU32) return how.is_max ? std::max(a, b) : std::min(a, b);
  if (how.type == ptx::Type::kS32) {
    const auto x = static_cast<int32_t>(a);
    const auto y = static_cast<int32_t>(b);
    return (x < y) == how.is_max ? b : a;
  }
  const auto x = std::bit_cast<float>(a);
  const auto y = std::bit_cast<float>(b);
  if (std::isnan(x) && std::isnan(y)) return kNan;
  if (std::isnan(x) || std::isnan(y)) {
    return how.propagates_nan ? kNan : std::isnan(x) ? b : a;
  }
  if (x == y) return std::signbit(x) == how.is_max ? b : a;  // -0 is below +0
  return (x < y) == how.is_max ? b : a;
}

// tcgen05.ld.red {d...}, result, [address]: each thread also reduces what it has loaded.
Outcome load_and_reduce(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_tensor_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  const uint32_t num_registers = instruction.num_destinations - 1u;
  const TensorMemoryShape shape(Kind::k32x32b, num_registers, false);
  const Row* operands = instruction.operands;
  const auto window =
      open_window(warp, instruction, operands[num_registers + 1], shape, TensorMemoryUse::kLoad);
  const ptx::Form& form = *instruction.form;
  const Reduction how{form.has("max"), form.has("abs"), form.has("NaN"), form.type()};
  const uint32_t magnitude = how.is_absolute ? 0x7fffffff : 0xffffffff;
  for (uint32_t t = 0; t < kWarpSize; ++t) {
    uint32_t result = read_word(window, t, 0) & magnitude;
    for (uint32_t r = 0; r < num_registers; ++r) {
      const uint32_t word = read_word(window, t, r);
      result = reduce_two(how, result, word & magnitude);
      warp.words<uint32_t>(operands[r])[t] = word;
    }
    warp.words<uint32_t>(operands[num_registers])[t] = result;
  }
  return Outcome::kNext;
}

template <bool kIsStore>
Outcome wait(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_tensor_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  warp.cta().tensor_core.accesses.finish(warp.id(), kIsStore);
  return Outcome::kNext;
}

template <Kind kKind>
Execute select_load(bool is_packed) {
  return is_packed ? load<kKind, true> : load<kKind, false>;
}
template <Kind kKind>
Execute select_store(bool is_packed) {
  return is_packed ? store<kKind, true> : store<kKind, false>;
}

}  // namespace

namespace handlers {

Execute tensor_memory_load(const Instruction& instruction) {
  const ptx::Form& form = *instruction.form;
  const bool is_packed = form.has("pack::16b");
  if (form.has("32x32b")) return select_load<Kind::k32x32b>(is_packed);
  if (form.has("16x64b")) return select_load<Kind::k16x64b>(is_packed);
  if (form.has("16x128b")) return select_load<Kind::k16x128b>(is_packed);
  if (form.has("16x256b")) return select_load<Kind::k16x256b>(is_packed);
  return select_load<Kind::k16x32bx2>(is_packed);
}
Execute tensor_memory_store(const Instruction& instruction) {
  const ptx::Form& form = *instruction.form;
  const bool is_packed = form.has("unpack::16b");
  if (form.has("32x32b")) return select_store<Kind::k32x32b>(is_packed);
  if (form.has("16x64b")) return select_store<Kind::k16x64b>(is_packed);
  if (form.has("16x128b")) return select_store<Kind::k16x128b>(is_packed);
  if (form.has("16x256b")) return select_store<Kind::k16x256b>(is_packed);
  return select_store<Kind::k16x32bx2>(is_packed);
}
Execute tensor_memory_load_reduce(const Instruction&) {
  return load_and_reduce;
}
Execute tensor_memory_wait_load(const Instruction&) {
  return wait<false>;
}
Execute tensor_memory_wait_store(const Instruction&) {
  return wait<true>;
}

}  // namespace handlers
}  // namespace emulator
