// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "emulator/numerics/operand_format.h"

namespace emulator {

// The exponent of zero: so small that zero never decides how far products are shifted.
inline constexpr int16_t kZeroExponent = -4096;

// The exponent with which a tensor core aligns a number: subnormal numbers share that of the
// smallest normal one.
inline int16_t alignment_exponent(float value, int min_exponent) {
  const int magnitude = std::bit_cast<int>(value) & 0x7fffffff;
  const int exponent = std::max((magnitude >> 23) - 127, min_exponent);
  return static_cast<int16_t>(magnitude == 0 ? kZeroExponent : exponent);
}

// One operand of a matrix product, decoded: the rows of A or the columns of B ("extent" of them),
// each with "depth" elements. Elements with the same k lie beside each other.
class OperandTile {
 public:
  OperandTile(OperandFormat format, int extent, int depth);

  OperandFormat format() const { return format_; }
  int extent() const { return extent_; }
  int depth() const { return depth_; }

  // `bits` as the element lies in memory.
  void set(int index, int k, uint32_t bits);
  void negate();

  // Arrays over the extent, followed by zeros up to a multiple of kPadding.
  static constexpr int kPadding = 32;
  int padded_extent() const { return stride_; }
  const float* values(int k) const { return values_.data() + offset(k); }
  const int16_t* exponents(int k) const { return exponents_.data() + offset(k); }
  // Whether row or column `index` has an infinity or a NaN.
  bool is_special(int index) const { return is_special_[static_cast<size_t>(index)]; }
  bool has_special() const { return has_special_; }
  // The exponents of the elements that are not zero lie between these two.
  int lowest_exponent() const { return lowest_exponent_; }
  int highest_exponent() const { return highest_exponent_; }

 private:
  size_t offset(int k) const { return static_cast<size_t>(k) * static_cast<size_t>(stride_); }

  OperandFormat format_;
  int extent_;
  int depth_;
  int stride_;
  bool has_special_ = false;
  int lowest_exponent_ = 0;
  int highest_exponent_ = 0;
  std::vector<float> values_;
  std::vector<int16_t> exponents_;
  std::vector<bool> is_special_;
};

}  // namespace emulator
