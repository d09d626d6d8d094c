// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "emulator/numerics/product_rule.h"

namespace emulator {

// What a tensor core computes for one element of the result, worked out in 64-bit integers from
// the bits of the operands. Written apart from the emulator's own arithmetic, and slow.
// Operands must be finite.
float reference_product(OperandFormat format_a, std::span<const uint32_t> a, OperandFormat format_b,
                        std::span<const uint32_t> b, float c, const ProductRule& rule);

}  // namespace emulator
