// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/numerics/operand_tile.h"
#include "emulator/numerics/product_rule.h"

namespace emulator {

// The definition of ProductRule for one element of the result, one product after the other: the
// aligned sum of a(row, :) * b(column, :) and c, before it is rounded. It is exact in a double;
// infinities and NaNs add as in IEEE arithmetic.
double aligned_sum(const OperandTile& a, int row, const OperandTile& b, int column, float c,
                   const ProductRule& rule);

// Rounds an aligned sum to the accumulator's format; every NaN becomes the one with all bits set.
float round_sum(double sum, const ProductRule& rule);

// The exponent of the smallest normal number of an accumulator.
constexpr int accumulator_min_exponent(AccumulatorFormat format) {
  return format == AccumulatorFormat::kF16 ? -14 : -126;
}

}  // namespace emulator
