// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "emulator/insn/float_format.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

using ptx::Type;

Rounding rounding_of(const ptx::Form& form) {
  if (form.has("rz") || form.has("rzi")) return Rounding::kTowardZero;
  if (form.has("rm") || form.has("rmi")) return Rounding::kDown;
  if (form.has("rp") || form.has("rpi")) return Rounding::kUp;
  return Rounding::kNearestEven;
}

double value_of(uint64_t bits, Type type, bool flushes) {
  switch (type) {
    case Type::kF16: return value_of_format(bits & 0xffff, kF16Format);
    case Type::kBf16: return value_of_format(bits & 0xffff, kBf16Format);
    case Type::kF64: return std::bit_cast<double>(bits);
    default: {
      const float value = std::bit_cast<float>(static_cast<uint32_t>(bits));
      return flushes ? flush_subnormal(value) : value;
    }
  }
}

uint64_t bits_of(double value, Type type, Rounding rounding, bool flushes) {
  switch (type) {
    case Type::kF16: return round_to_format(value, kF16Format, rounding, false);
    case Type::kBf16: return round_to_format(value, kBf16Format, rounding, false);
    case Type::kF64: return std::bit_cast<uint64_t>(value);
    default: {
      const uint64_t bits = round_to_format(value, kF32Format, rounding, false);
      if (!flushes) return bits;
      return std::bit_cast<uint32_t>(
          flush_subnormal(std::bit_cast<float>(static_cast<uint32_t>(bits))));
    }
  }
}

double round_to_integral(double value, Rounding rounding) {
  switch (rounding) {
    case Rounding::kNearestEven: return std::nearbyint(value);
    case Rounding::kTowardZero: return std::trunc(value);
    case Rounding::kDown: return std::floor(value);
    case Rounding::kUp: return std::ceil(value);
  }
  return value;
}

// Integers beyond the range become its ends, NaN becomes zero.
uint64_t integer_of(double value, Type type) {
  if (value != value) return 0;
  const int size = ptx::size_bits(type);
  const bool is_signed = ptx::is_signed_integer(type);
  const double low = is_signed ? -std::ldexp(1.0, size - 1) : 0.0;
  const double end = std::ldexp(1.0, is_signed ? size - 1 : size);
  if (value <= low) return static_cast<uint64_t>(static_cast<int64_t>(low));
  if (value >= end) {
    const uint64_t ones = ~uint64_t{0} >> (64 - size);
    return is_signed ? ones >> 1 : ones;
  }
  return is_signed ? static_cast<uint64_t>(static_cast<int64_t>(value))
                   : static_cast<uint64_t>(value);
}

// An integer of 64 bits as a double with what does not fit kept in the last bit, so that rounding
// it again gives the right result.
double integer_to_odd(uint64_t magnitude, bool is_negative) {
  const int excess = 64 - 53 - std::countl_zero(magnitude | 1);
  if (excess > 0) {
    const uint64_t dropped = magnitude & ((uint64_t{1} << excess) - 1);
    magnitude =
        (magnitude & ~((uint64_t{1} << excess) - 1)) | (dropped ? uint64_t{1} << excess : 0);
  }
  const auto value = static_cast<double>(magnitude);
  return is_negative ? -value : value;
}

Outcome integer_to_float(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const ptx::Form& form = *instruction.form;
  const Type source = form.source_type();
  const int unused_bits = 64 - ptx::size_bits(source);
  const Rounding rounding = rounding_of(form);
  const bool saturates = form.has("sat");
  for_each_lane(lanes, [&](int lane) {
    const uint64_t bits = read_lane(warp, instruction.operands[1], lane) << unused_bits;
    const auto extended = static_cast<int64_t>(bits) >> unused_bits;
    const bool is_negative = ptx::is_signed_integer(source) && extended < 0;
    const uint64_t magnitude =
        is_negative ? 0 - static_cast<uint64_t>(extended) : bits >> unused_bits;
    double value = integer_to_odd(magnitude, is_negative);
    if (form.type() == Type::kF64 && rounding == Rounding::kNearestEven) {
      value = is_negative ? -static_cast<double>(magnitude) : static_cast<double>(magnitude);
    }
    if (saturates) value = std::clamp(value, 0.0, 1.0);
    write_lane(warp, instruction.operands[0], lane, bits_of(value, form.type(), rounding, false));
  });
  return Outcome::kNext;
}

Outcome float_to_integer(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const ptx::Form& form = *instruction.form;
  const Rounding rounding = rounding_of(form);
  const bool flushes = form.has("ftz");
  for_each_lane(lanes, [&](int lane) {
    const uint64_t bits = read_lane(warp, instruction.operands[1], lane);
    const double value = round_to_integral(value_of(bits, form.source_type(), flushes), rounding);
    write_lane(warp, instruction.operands[0], lane, integer_of(value, form.type()));
  });
  return Outcome::kNext;
}

template <bool kToIntegral>
Outcome float_to_float(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const ptx::Form& form = *instruction.form;
  const Rounding rounding = rounding_of(form);
  const bool flushes = form.has("ftz");
  const bool saturates = form.has("sat");
  const bool is_rectified = form.has("relu");
  // bf16 is the upper half of an f32, that of a NaN too.
  const bool keeps_nan = form.source_type() == Type::kBf16 && form.type() == Type::kF32;
  for_each_lane(lanes, [&](int lane) {
    const uint64_t bits = read_lane(warp, instruction.operands[1], lane);
    double value = value_of(bits, form.source_type(), flushes);
    if (kToIntegral) value = round_to_integral(value, rounding);
    if (is_rectified && value <= 0) value = 0;
    if (saturates) value = value > 0 ? std::min(value, 1.0) : 0.0;
    uint64_t result = bits_of(value, form.type(), rounding, flushes);
    if (keeps_nan && value != value) result = bits << 16;
    write_lane(warp, instruction.operands[0], lane, result);
  });
  return Outcome::kNext;
}

// A tf32 number is an f32 whose 13 last bits are zero. A NaN keeps the others under .rna.
Outcome float_to_tf32(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const bool saturates = instruction.form->has("satfinite");
  const bool rounds_half_away = instruction.form->has("rna");
  for_each_lane(lanes, [&](int lane) {
    const auto bits = static_cast<uint32_t>(read_lane(warp, instruction.operands[1], lane));
    uint64_t result =
        round_to_format(std::bit_cast<float>(bits), kTf32Format, Rounding::kNearestEven, saturates);
    const bool is_finite = (bits & 0x7f800000) != 0x7f800000;
    if (rounds_half_away && is_finite && (bits & 0x1fff) == 0x1000) {
      result = (uint64_t{bits} + 0x1000) >> 13;
    }
    const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
    if (rounds_half_away && is_nan && !saturates) result = bits >> 13;
    write_lane(warp, instruction.operands[0], lane, result << 13);
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

// Rounding to another float has general modifiers; they are read when the instruction runs.
Execute convert_integer_to_float(const Instruction&) {
  return integer_to_float;
}
Execute convert_float_to_integer(const Instruction&) {
  return float_to_integer;
}
Execute convert_float(const Instruction&) {
  return float_to_float<false>;
}
Execute convert_float_to_integral(const Instruction&) {
  return float_to_float<true>;
}
Execute convert_to_tf32(const Instruction&) {
  return float_to_tf32;
}

}  // namespace handlers
}  // namespace emulator
