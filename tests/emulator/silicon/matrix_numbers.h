// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "emulator/numerics/operand_format.h"
#include "emulator/numerics/product_rule.h"

namespace emulator::silicon {

enum class ValueKind : uint8_t {
  kNearOne,     // what kernels multiply
  kAllBits,     // every finite number: products of very different size
  kCancelling,  // few exponents, so that sums lose their leading bits
  kSparse,      // mostly zeros, tiny accumulators
  kLarge,       // the largest exponents, so that sums overflow
  kSpecial,     // some infinities and NaNs
};

std::string name_of(ValueKind kind);
std::string name_of(OperandFormat format);

// Numbers of one kind, the same ones every time.
class MatrixNumbers {
 public:
  MatrixNumbers(ValueKind kind, uint64_t seed) : kind_(kind), random_(seed) {}

  // The bits of an element as it lies in memory.
  uint32_t operand(OperandFormat format);
  // The bits of an accumulator; in f16 those of the two that share a word.
  uint32_t accumulator(AccumulatorFormat format);
  // The same for 8-bit integers and their sums: any bits, or with kLarge the ends of the range.
  uint32_t integer_operand();
  uint32_t integer_accumulator();

 private:
  uint32_t with_exponent(const FloatFormat& format, int exponent);
  uint32_t any_finite(const FloatFormat& format);
  uint32_t number(const FloatFormat& format);
  uint32_t number_f32();
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(random_() % limit); }

  ValueKind kind_;
  std::mt19937_64 random_;
};

}  // namespace emulator::silicon
