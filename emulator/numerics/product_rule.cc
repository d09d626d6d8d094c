// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/numerics/product_rule.h"

namespace emulator {

ProductRule hopper_rule(OperandFormat a, AccumulatorFormat accumulator) {
  const bool is_fp8 = a == OperandFormat::kE4m3 || a == OperandFormat::kE5m2;
  return is_fp8 ? ProductRule{13, 13, accumulator} : ProductRule{25, 23, accumulator};
}

ProductRule warp_rule(AccumulatorFormat accumulator) {
  return {25, 23, accumulator};
}

ProductRule blackwell_rule(AccumulatorFormat accumulator) {
  return {25, 23, accumulator};
}

}  // namespace emulator
