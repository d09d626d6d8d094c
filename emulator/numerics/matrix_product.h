// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/numerics/arithmetic.h"
#include "emulator/numerics/operand_tile.h"
#include "emulator/numerics/product_rule.h"

namespace emulator {

// d[row][column] += sum over k of a(row, k) * b(column, k), as one instruction of a tensor core
// does it: at most 256 columns, and an even depth of at most 32. The rows of d are `stride` floats
// apart.
void multiply_accumulate(const OperandTile& a, const OperandTile& b, const ProductRule& rule,
                         Arithmetic arithmetic, float* d, int stride);

}  // namespace emulator
