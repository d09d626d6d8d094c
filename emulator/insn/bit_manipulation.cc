// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>

#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

// Calls d = compute(a, b, c, d) on the values of each lane; operands that do not exist read as
// zero.
template <uint64_t (*kCompute)(const ptx::Form&, uint64_t, uint64_t, uint64_t, uint64_t)>
Outcome run_scalar(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    uint64_t sources[4] = {};
    for (int i = 1; i < instruction.num_operands; ++i) {
      sources[i - 1] = read_lane(warp, instruction.operands[i], lane);
    }
    write_lane(warp, instruction.operands[0], lane,
               kCompute(*instruction.form, sources[0], sources[1], sources[2], sources[3]));
  });
  return Outcome::kNext;
}

int width(const ptx::Form& form) {
  return ptx::size_bits(form.type());
}
uint64_t low_bits(uint64_t value, uint64_t count) {
  return count >= 64 ? value : value & ((uint64_t{1} << count) - 1);
}

uint64_t count_ones(const ptx::Form&, uint64_t a, uint64_t, uint64_t, uint64_t) {
  return static_cast<uint64_t>(std::popcount(a));
}

uint64_t count_zeros(const ptx::Form& form, uint64_t a, uint64_t, uint64_t, uint64_t) {
  return static_cast<uint64_t>(std::countl_zero(a) - (64 - width(form)));
}

// The place of the highest bit that differs from the sign; all ones when there is none.
uint64_t find_bit(const ptx::Form& form, uint64_t a, uint64_t, uint64_t, uint64_t) {
  const int bits = width(form);
  const bool is_negative = ptx::is_signed_integer(form.type()) && ((a >> (bits - 1)) & 1);
  const uint64_t value = low_bits(is_negative ? ~a : a, static_cast<uint64_t>(bits));
  if (value == 0) return 0xffffffff;
  const int place = 63 - std::countl_zero(value);
  return static_cast<uint64_t>(form.has("shiftamt") ? bits - 1 - place : place);
}

uint64_t reverse(const ptx::Form& form, uint64_t a, uint64_t, uint64_t, uint64_t) {
  uint64_t result = 0;
  for (int i = 0; i < width(form); ++i) result = result << 1 | ((a >> i) & 1);
  return result;
}

uint64_t extract(const ptx::Form& form, uint64_t a, uint64_t b, uint64_t c, uint64_t) {
  const auto bits = static_cast<uint64_t>(width(form));
  const uint64_t position = b & 0xff;
  const uint64_t length = c & 0xff;
  if (length == 0) return 0;
  const bool is_signed = ptx::is_signed_integer(form.type());
  const uint64_t sign_place = std::min(position + length - 1, bits - 1);
  const bool fills = is_signed && ((a >> sign_place) & 1);
  const uint64_t field = position >= bits ? 0 : low_bits(a, bits) >> position;
  const uint64_t available = position >= bits ? 0 : std::min(length, bits - position);
  const uint64_t kept = low_bits(field, available);
  return low_bits(fills ? kept | ~low_bits(~uint64_t{0}, available) : kept, bits);
}

uint64_t insert(const ptx::Form& form, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  const auto bits = static_cast<uint64_t>(width(form));
  const uint64_t position = c & 0xff;
  const uint64_t length = d & 0xff;
  if (position >= bits || length == 0) return b;
  const uint64_t mask = low_bits(low_bits(~uint64_t{0}, length) << position, bits);
  return (b & ~mask) | ((a << position) & mask);
}

// Each of four selectors of 4 bits names a byte of b:a; its high bit spreads that byte's sign.
uint64_t permute(const ptx::Form&, uint64_t a, uint64_t b, uint64_t c, uint64_t) {
  const uint64_t source = b << 32 | (a & 0xffffffff);
  uint64_t result = 0;
  for (int i = 0; i < 4; ++i) {
    const uint64_t selector = (c >> (4 * i)) & 0xf;
    const uint64_t byte = (source >> (8 * (selector & 7))) & 0xff;
    const uint64_t spread = byte & 0x80 ? 0xff : 0x00;
    result |= (selector & 8 ? spread : byte) << (8 * i);
  }
  return result;
}

}  // namespace

namespace handlers {

Execute population_count(const Instruction&) {
  return run_scalar<count_ones>;
}
Execute count_leading_zeros(const Instruction&) {
  return run_scalar<count_zeros>;
}
Execute find_leading_bit(const Instruction&) {
  return run_scalar<find_bit>;
}
Execute bit_reverse(const Instruction&) {
  return run_scalar<reverse>;
}
Execute bit_field_extract(const Instruction&) {
  return run_scalar<extract>;
}
Execute bit_field_insert(const Instruction&) {
  return run_scalar<insert>;
}
Execute byte_permute(const Instruction&) {
  return run_scalar<permute>;
}

}  // namespace handlers
}  // namespace emulator
