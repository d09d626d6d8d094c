// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/numerics/integer_product.h"

#include <algorithm>
#include <limits>

namespace emulator {
namespace {

// The products of at most 32 pairs of 8-bit numbers fit in 32 bits.
int32_t sum_of_products(const int16_t* a, const int16_t* b, int depth) {
  int32_t sum = 0;
  for (int k = 0; k < depth; ++k) sum += int32_t{a[k]} * b[k];
  return sum;
}

}  // namespace

void multiply_accumulate(const IntegerTile& a, const IntegerTile& b, bool saturates, uint32_t* d,
                         int stride) {
  using Limits = std::numeric_limits<int32_t>;
  for (int row = 0; row < a.extent(); ++row) {
    uint32_t* d_row = d + static_cast<ptrdiff_t>(row) * stride;
    for (int column = 0; column < b.extent(); ++column) {
      int64_t sum = int64_t{static_cast<int32_t>(d_row[column])} +
                    sum_of_products(a.row(row), b.row(column), a.depth());
      if (saturates) sum = std::clamp<int64_t>(sum, Limits::min(), Limits::max());
      d_row[column] = static_cast<uint32_t>(sum);
    }
  }
}

}  // namespace emulator
