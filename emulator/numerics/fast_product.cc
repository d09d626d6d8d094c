// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/numerics/fast_product.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

#include "emulator/numerics/product_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Rows that share what is loaded of B.
constexpr int kRows = 4;
constexpr int kColumns = OperandTile::kPadding;

// A block of kRows x kColumns of the result, kept in registers over k.
void multiply_block(const OperandTile& a, int row, const OperandTile& b, int column, float* d,
                    int stride) {
  const hn::CappedTag<float, kColumns> tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  const auto place = [&](int r) { return d + r * ptrdiff_t{stride}; };
  for (int n = 0; n < kColumns; n += 2 * lanes) {
    hn::Vec<decltype(tag)> low[kRows];
    hn::Vec<decltype(tag)> high[kRows];
    for (int r = 0; r < kRows; ++r) {
      low[r] = hn::LoadU(tag, place(r) + n);
      high[r] = hn::LoadU(tag, place(r) + n + lanes);
    }
    for (int k = 0; k < a.depth(); ++k) {
      const float* values = b.values(k) + column + n;
      const auto b_low = hn::LoadU(tag, values);
      const auto b_high = hn::LoadU(tag, values + lanes);
      for (int r = 0; r < kRows; ++r) {
        const auto factor = hn::Set(tag, a.values(k)[row + r]);
        low[r] = hn::MulAdd(factor, b_low, low[r]);
        high[r] = hn::MulAdd(factor, b_high, high[r]);
      }
    }
    for (int r = 0; r < kRows; ++r) {
      hn::StoreU(low[r], tag, place(r) + n);
      hn::StoreU(high[r], tag, place(r) + n + lanes);
    }
  }
}

// A block at the edge of the result, by way of a whole one.
void multiply_edge(const OperandTile& a, int row, const OperandTile& b, int column, int num_rows,
                   int num_columns, float* d, int stride) {
  alignas(64) float block[kRows][kColumns] = {};
  for (int r = 0; r < num_rows; ++r) std::copy_n(d + r * ptrdiff_t{stride}, num_columns, block[r]);
  multiply_block(a, row, b, column, block[0], kColumns);
  for (int r = 0; r < num_rows; ++r) std::copy_n(block[r], num_columns, d + r * ptrdiff_t{stride});
}

void multiply_fast(const OperandTile& a, const OperandTile& b, float* d, int stride) {
  for (int row = 0; row < a.extent(); row += kRows) {
    for (int column = 0; column < b.extent(); column += kColumns) {
      const int num_rows = std::min(kRows, a.extent() - row);
      const int num_columns = std::min(kColumns, b.extent() - column);
      float* place = d + row * ptrdiff_t{stride} + column;
      if (num_rows == kRows && num_columns == kColumns) {
        multiply_block(a, row, b, column, place, stride);
      } else {
        multiply_edge(a, row, b, column, num_rows, num_columns, place, stride);
      }
    }
  }
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator {

HWY_EXPORT(multiply_fast);
void multiply_fast(const OperandTile& a, const OperandTile& b, float* d, int stride) {
  HWY_DYNAMIC_DISPATCH(multiply_fast)(a, b, d, stride);
}

}  // namespace emulator
#endif
