// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/ptx/instruction_table.h"

namespace emulator {
namespace {

__extension__ typedef unsigned __int128 Unsigned128;
__extension__ typedef __int128 Signed128;

// A result of one digit and what goes over into the next one.
struct Digit {
  uint64_t value;
  bool carry;
};

uint64_t low_bits(Unsigned128 value, int bits) {
  return static_cast<uint64_t>(value) & (~uint64_t{0} >> (64 - bits));
}

Digit add(uint64_t a, uint64_t b, bool carry, int bits) {
  const Unsigned128 sum = Unsigned128{a} + b + carry;
  return {low_bits(sum, bits), (sum >> bits) != 0};
}

Digit subtract(uint64_t a, uint64_t b, bool borrow, int bits) {
  return {low_bits(Unsigned128{a} - b - borrow, bits), Unsigned128{a} < Unsigned128{b} + borrow};
}

uint64_t multiply_high(uint64_t a, uint64_t b, ptx::Type type) {
  const int bits = ptx::size_bits(type);
  if (!ptx::is_signed_integer(type)) return low_bits((Unsigned128{a} * b) >> bits, bits);
  const int unused = 64 - bits;
  const auto extend = [unused](uint64_t value) {
    return static_cast<int64_t>(value << unused) >> unused;
  };
  const Signed128 product = Signed128{extend(a)} * extend(b);
  return low_bits(static_cast<Unsigned128>(product >> bits), bits);
}

// Runs a digit in each lane with the carry that the one before has left there; "addc" and its like
// take it, and .cc leaves another one.
template <typename Compute>
Outcome run(Warp& warp, const Instruction& instruction, LaneMask lanes, const Compute& compute) {
  const bool takes_carry = instruction.form->row->opcode.ends_with('c');
  const bool leaves_carry = instruction.form->has("cc");
  const int bits = ptx::size_bits(instruction.form->type());
  for_each_lane(lanes, [&](int lane) {
    const bool carry = takes_carry && (warp.carries >> lane & 1);
    const Digit digit = compute(lane, carry, bits);
    write_lane(warp, instruction.operands[0], lane, digit.value);
    const LaneMask bit = LaneMask{1} << lane;
    if (leaves_carry) warp.carries = digit.carry ? warp.carries | bit : warp.carries & ~bit;
  });
  return Outcome::kNext;
}

Outcome run_add(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  return run(warp, instruction, lanes, [&](int lane, bool carry, int bits) {
    const Row* sources = instruction.operands + 1;
    return add(read_lane(warp, sources[0], lane), read_lane(warp, sources[1], lane), carry, bits);
  });
}

Outcome run_sub(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  return run(warp, instruction, lanes, [&](int lane, bool borrow, int bits) {
    const Row* sources = instruction.operands + 1;
    return subtract(read_lane(warp, sources[0], lane), read_lane(warp, sources[1], lane), borrow,
                    bits);
  });
}

Outcome run_mad(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const bool is_high = instruction.form->has("hi");
  const ptx::Type type = instruction.form->type();
  return run(warp, instruction, lanes, [&](int lane, bool carry, int bits) {
    const Row* sources = instruction.operands + 1;
    const uint64_t a = read_lane(warp, sources[0], lane);
    const uint64_t b = read_lane(warp, sources[1], lane);
    const uint64_t product =
        is_high ? multiply_high(a, b, type) : low_bits(Unsigned128{a} * b, bits);
    return add(product, read_lane(warp, sources[2], lane), carry, bits);
  });
}

}  // namespace

namespace handlers {

Execute carry_add(const Instruction&) {
  return run_add;
}
Execute carry_sub(const Instruction&) {
  return run_sub;
}
Execute carry_mad(const Instruction&) {
  return run_mad;
}

}  // namespace handlers
}  // namespace emulator
