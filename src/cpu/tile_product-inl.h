// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// The matrix product of small tiles; compiled once per instruction set.
#if defined(MLA_CPU_TILE_PRODUCT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef MLA_CPU_TILE_PRODUCT_INL_H
#undef MLA_CPU_TILE_PRODUCT_INL_H
#else
#define MLA_CPU_TILE_PRODUCT_INL_H
#endif

#include <algorithm>
#include <cstdint>

#include "cpu/simd.h"
#include "cpu/tile_product.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace mla::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// This many rows by two vectors of C stay in registers: AVX2 has 16 registers, the others 32.
inline constexpr int kBlockRows = HWY_TARGET == HWY_AVX2 ? 4 : 8;

// This many rows of B, 32 columns wide, stay in the first-level cache.
inline constexpr std::int64_t kBlockDepth = 192;

template <int kRows, int kVectors>
HWY_INLINE void multiply_block(std::int64_t depth, StridedMatrix a, const float* b,
                               std::int64_t b_stride, float* c, std::int64_t c_stride) {
  const hn::CappedTag<float, kMaxLanes> d;
  const std::int64_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[kRows][kVectors];
  for (int row = 0; row < kRows; ++row) {
    for (int v = 0; v < kVectors; ++v) sums[row][v] = hn::LoadU(d, c + row * c_stride + v * lanes);
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    hn::Vec<decltype(d)> columns[kVectors];
    for (int v = 0; v < kVectors; ++v) columns[v] = hn::LoadU(d, b + v * lanes);
    for (int row = 0; row < kRows; ++row) {
      const auto factor = hn::Set(d, a.data[row * a.row_stride]);
      for (int v = 0; v < kVectors; ++v) {
        sums[row][v] = hn::MulAdd(factor, columns[v], sums[row][v]);
      }
    }
    a.data += a.column_stride;
    b += b_stride;
  }
  for (int row = 0; row < kRows; ++row) {
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[row][v], d, c + row * c_stride + v * lanes);
  }
}

template <int kRows>
HWY_INLINE void multiply_rows(std::int64_t depth, std::int64_t columns, StridedMatrix a,
                              const float* b, std::int64_t b_stride, float* c,
                              std::int64_t c_stride) {
  const std::int64_t lanes = hn::Lanes(hn::CappedTag<float, kMaxLanes>());
  std::int64_t column = 0;
  for (; column + 2 * lanes <= columns; column += 2 * lanes) {
    multiply_block<kRows, 2>(depth, a, b + column, b_stride, c + column, c_stride);
  }
  for (; column < columns; column += lanes) {
    multiply_block<kRows, 1>(depth, a, b + column, b_stride, c + column, c_stride);
  }
}

inline void multiply_add_simd(ProductShape shape, StridedMatrix a, const float* b,
                              std::int64_t b_stride, float* c, std::int64_t c_stride) {
  for (std::int64_t k = 0; k < shape.depth; k += kBlockDepth) {
    const std::int64_t depth = std::min(kBlockDepth, shape.depth - k);
    const float* b_rows = b + k * b_stride;
    std::int64_t row = 0;
    for (; row + kBlockRows <= shape.rows; row += kBlockRows) {
      multiply_rows<kBlockRows>(depth, shape.columns, a.from(row, k), b_rows, b_stride,
                                c + row * c_stride, c_stride);
    }
    for (; row < shape.rows; ++row) {
      multiply_rows<1>(depth, shape.columns, a.from(row, k), b_rows, b_stride, c + row * c_stride,
                       c_stride);
    }
  }
}

}  // namespace mla::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // MLA_CPU_TILE_PRODUCT_INL_H
