// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "emulator/insn/float_format.h"

namespace emulator {

// The number formats that tensor cores multiply.
enum class OperandFormat : uint8_t { kF16, kBf16, kTf32, kE4m3, kE5m2, kE2m3, kE3m2, kE2m1 };

// What a format says about its elements.
struct OperandFacts {
  FloatFormat format;
  int element_bits;  // as the element lies in memory: tf32 takes 32, of which the low 13 are
                     // ignored

  int min_exponent() const { return 1 - format.bias(); }
};

const OperandFacts& facts(OperandFormat format);

// The exact value of an element; every format's values are floats.
float decode_operand(OperandFormat format, uint32_t bits);

}  // namespace emulator
