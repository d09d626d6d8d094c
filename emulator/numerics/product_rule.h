// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/numerics/operand_format.h"

namespace emulator {

enum class AccumulatorFormat : uint8_t { kF32, kF16 };

// How a tensor core adds what one instruction multiplies: the products and the accumulator are
// aligned to the largest exponent among them, cut off toward zero behind `aligned_fraction_bits`,
// added without error, and rounded to the accumulator's format: f32 toward zero behind
// `result_fraction_bits`, f16 to nearest even.
struct ProductRule {
  int aligned_fraction_bits = 25;
  int result_fraction_bits = 23;
  AccumulatorFormat accumulator = AccumulatorFormat::kF32;
};

// Hopper: FP8 products keep 13 bits only.
ProductRule hopper_rule(OperandFormat a, AccumulatorFormat accumulator);
// mma.sync, on each of them and for every type; not compared with silicon.
ProductRule warp_rule(AccumulatorFormat accumulator);
ProductRule blackwell_rule(AccumulatorFormat accumulator);

}  // namespace emulator
