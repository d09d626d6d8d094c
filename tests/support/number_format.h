// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "mla/tensor.h"

// Floating-point formats as their definition reads, one value at a time; slow and independent of
// the library's own conversions.
namespace mla::test {

double decode_bits(std::uint32_t bits, DType dtype);

// The nearest representable value, ties to even. Beyond the range: infinity, or NaN where the
// format has none.
std::uint32_t encode_bits(double value, DType dtype);

double round_to(double value, DType dtype);

double largest_finite(DType dtype);

}  // namespace mla::test
