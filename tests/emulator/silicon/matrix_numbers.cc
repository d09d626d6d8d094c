// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/matrix_numbers.h"

namespace emulator::silicon {

std::string name_of(ValueKind kind) {
  constexpr const char* kNames[] = {"near_one", "all_bits", "cancelling",
                                    "sparse",   "large",    "special"};
  return kNames[static_cast<size_t>(kind)];
}

std::string name_of(OperandFormat format) {
  constexpr const char* kNames[] = {"f16", "bf16", "tf32", "e4m3", "e5m2", "e2m3", "e3m2", "e2m1"};
  return kNames[static_cast<size_t>(format)];
}

// A random sign and fraction.
uint32_t MatrixNumbers::with_exponent(const FloatFormat& format, int exponent) {
  const auto field = static_cast<uint32_t>(exponent + format.bias());
  const uint32_t fraction = below(1u << format.fraction_bits);
  const uint32_t sign = below(2) << (format.fraction_bits + format.exponent_bits);
  return sign | field << format.fraction_bits | fraction;
}

uint32_t MatrixNumbers::any_finite(const FloatFormat& format) {
  const uint32_t magnitude = below(static_cast<uint32_t>(format.max_finite) + 1);
  return magnitude | below(2) << (format.fraction_bits + format.exponent_bits);
}

uint32_t MatrixNumbers::number(const FloatFormat& format) {
  switch (kind_) {
    case ValueKind::kAllBits: return any_finite(format);
    case ValueKind::kCancelling: return with_exponent(format, -static_cast<int>(below(2)));
    case ValueKind::kSparse:
      return below(4) != 0 ? 0 : with_exponent(format, -static_cast<int>(below(4)));
    case ValueKind::kLarge: return static_cast<uint32_t>(format.max_finite) - below(3);
    case ValueKind::kSpecial:
      if (below(200) == 0) return static_cast<uint32_t>(format.nan);
      if (below(100) == 0 && format.has_infinity) {
        return static_cast<uint32_t>(format.infinity() | (below(2) ? format.sign_bit() : 0));
      }
      break;
    case ValueKind::kNearOne: break;
  }
  return with_exponent(format, static_cast<int>(below(5)) - 2);
}

uint32_t MatrixNumbers::number_f32() {
  switch (kind_) {
    case ValueKind::kAllBits: return with_exponent(kF32Format, static_cast<int>(below(80)) - 40);
    case ValueKind::kSparse: return below(3) == 0 ? 0 : any_finite(kF32Format) & 0x87ffffff;
    case ValueKind::kLarge: return static_cast<uint32_t>(kF32Format.max_finite) - below(1000);
    default: return number(kF32Format);
  }
}

uint32_t MatrixNumbers::operand(OperandFormat format) {
  const uint32_t bits = number(facts(format).format);
  // The low bits of a tf32 element are ignored.
  return format == OperandFormat::kTf32 ? bits << 13 | below(1 << 13) : bits;
}

uint32_t MatrixNumbers::accumulator(AccumulatorFormat format) {
  if (format == AccumulatorFormat::kF32) return number_f32();
  const uint32_t low = number(kF16Format);
  return number(kF16Format) << 16 | low;
}

uint32_t MatrixNumbers::integer_operand() {
  constexpr uint32_t kEnds[] = {0x7f, 0x80, 0xff, 0x00};
  return kind_ == ValueKind::kLarge ? kEnds[below(4)] : below(0x100);
}

uint32_t MatrixNumbers::integer_accumulator() {
  const auto any = static_cast<uint32_t>(random_());
  if (kind_ != ValueKind::kLarge) return any;
  const uint32_t distance = any >> 12;  // of the order of the sums
  return below(2) ? 0x7fffffff - distance : 0x80000000 + distance;
}

}  // namespace emulator::silicon
