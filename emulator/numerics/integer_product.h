// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emulator {

// One operand of a product of 8-bit integers: the rows of A or the columns of B ("extent" of them),
// each with "depth" elements.
class IntegerTile {
 public:
  IntegerTile(bool is_signed, int extent, int depth)
      : is_signed_(is_signed),
        extent_(extent),
        depth_(depth),
        values_(static_cast<size_t>(extent) * static_cast<size_t>(depth)) {}

  int extent() const { return extent_; }
  int depth() const { return depth_; }

  // Takes the low 8 bits.
  void set(int index, int k, uint32_t bits) {
    values_[static_cast<size_t>(index * depth_ + k)] =
        is_signed_ ? static_cast<int8_t>(bits) : static_cast<int16_t>(bits & 0xff);
  }
  const int16_t* row(int index) const { return &values_[static_cast<size_t>(index * depth_)]; }

 private:
  bool is_signed_;
  int extent_;
  int depth_;
  std::vector<int16_t> values_;
};

// d[row][column] += sum over k of a(row, k) * b(column, k); what leaves 32 bits wraps or, with
// .satfinite, stays at the end. The rows of d are `stride` words apart.
void multiply_accumulate(const IntegerTile& a, const IntegerTile& b, bool saturates, uint32_t* d,
                         int stride);

}  // namespace emulator
