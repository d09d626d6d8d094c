// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/numerics/matrix_product.h"

#include <cstddef>

#include "emulator/numerics/aligned_sum.h"
#include "emulator/numerics/product_kernels.h"

namespace emulator {

void multiply_accumulate(const OperandTile& a, const OperandTile& b, const ProductRule& rule,
                         Arithmetic arithmetic, float* d, int stride) {
  if (arithmetic == Arithmetic::kExact) {
    multiply_exactly(a, b, rule, d, stride);
    return;
  }
  multiply_fast(a, b, d, stride);
  if (rule.accumulator == AccumulatorFormat::kF32) return;
  for (int row = 0; row < a.extent(); ++row) {
    float* values = d + static_cast<ptrdiff_t>(row) * stride;
    for (int column = 0; column < b.extent(); ++column) {
      values[column] = round_sum(values[column], rule);
    }
  }
}

}  // namespace emulator
