// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/numerics/operand_tile.h"
#include "emulator/numerics/product_rule.h"

namespace emulator {

// The two ways of multiply_accumulate, for the host's instruction set.
void multiply_exactly(const OperandTile& a, const OperandTile& b, const ProductRule& rule, float* d,
                      int stride);
void multiply_fast(const OperandTile& a, const OperandTile& b, float* d, int stride);

}  // namespace emulator
