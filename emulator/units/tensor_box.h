// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "emulator/units/tensor_map.h"

namespace emulator {

// One row of a box: elements beside each other along dimension 0. A part of it may lie outside of
// the tensor.
struct BoxRow {
  uint32_t shared_offset = 0;  // bytes from the start of the box in shared memory, unswizzled
  uint32_t inside_begin = 0;   // the bytes of the row that lie in the tensor
  uint32_t inside_end = 0;     // equal to inside_begin when none does
  uint64_t address = 0;        // of byte inside_begin in global memory

  uint32_t inside_bytes() const { return inside_end - inside_begin; }
};

// The part of a tensor that one copy moves. In shared memory its rows follow each other, dimension
// 1 fastest; under a swizzle each begins a new span (not in the manual: measured on an H200).
class TensorBox {
 public:
  enum class Mode {
    kTile,      // a box at the coordinates, one for each dimension
    kFourRows,  // gather4, scatter4: rows of a matrix, at {column, row, row, row, row}
  };

  TensorBox(const TensorMap& map, Mode mode, std::span<const int32_t> coordinates);

  const TensorMap& map() const { return map_; }
  uint32_t num_rows() const { return num_rows_; }
  uint32_t row_bytes() const { return row_bytes_; }
  // What a copy counts for its mbarrier: elements outside of the tensor too, gaps between rows not.
  uint32_t bytes() const { return num_rows_ * row_bytes_; }
  BoxRow row(uint32_t index) const;

 private:
  TensorMap map_;
  Mode mode_;
  std::array<int32_t, kMaxTensorRank> coordinates_{};
  std::array<uint32_t, kMaxTensorRank> extents_{};  // elements along each dimension
  uint32_t num_rows_ = 1;
  uint32_t row_bytes_ = 0;
  uint32_t row_pitch_ = 0;  // bytes from row to row in shared memory
};

}  // namespace emulator
