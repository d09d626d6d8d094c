// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace mla::cpu {

// Element (row, column) lies at data[row * row_stride + column * column_stride].
struct StridedMatrix {
  const float* data;
  std::int64_t row_stride;
  std::int64_t column_stride;

  StridedMatrix from(std::int64_t row, std::int64_t column) const {
    return {data + row * row_stride + column * column_stride, row_stride, column_stride};
  }
};

struct ProductShape {
  std::int64_t rows;
  std::int64_t depth;
  std::int64_t columns;  // a multiple of kMaxLanes
};

// C[rows, columns] += A[rows, depth] * B[depth, columns], in float32. The rows of B and C are
// contiguous, b_stride and c_stride floats apart. An element of C does not depend on which others
// are computed.
void multiply_add(ProductShape shape, StridedMatrix a, const float* b, std::int64_t b_stride,
                  float* c, std::int64_t c_stride);

}  // namespace mla::cpu
