// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/numerics/operand_tile.h"

#include <cmath>

namespace emulator {

OperandTile::OperandTile(OperandFormat format, int extent, int depth)
    : format_(format),
      extent_(extent),
      depth_(depth),
      stride_((extent + kPadding - 1) / kPadding * kPadding),
      values_(offset(depth)),
      exponents_(offset(depth), kZeroExponent),
      is_special_(static_cast<size_t>(extent)) {}

void OperandTile::set(int index, int k, uint32_t bits) {
  const float value = decode_operand(format_, bits);
  const size_t place = offset(k) + static_cast<size_t>(index);
  const int16_t exponent = alignment_exponent(value, facts(format_).min_exponent());
  values_[place] = value;
  exponents_[place] = exponent;
  if (exponent != kZeroExponent) lowest_exponent_ = std::min<int>(lowest_exponent_, exponent);
  highest_exponent_ = std::max<int>(highest_exponent_, exponent);
  if (!std::isfinite(value)) has_special_ = is_special_[static_cast<size_t>(index)] = true;
}

void OperandTile::negate() {
  for (float& value : values_) value = -value;
}

}  // namespace emulator
