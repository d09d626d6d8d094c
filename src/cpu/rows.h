// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "mla/tensor.h"

// Elementwise work on contiguous rows. dtype is float32, float16, bfloat16 or one of the FP8 types.
namespace mla::cpu {

// target = float32(source), exact.
void to_float(DType dtype, const void* source, float* target, std::int64_t count);

// target = dtype(scale * source): the product in float32, then one rounding to nearest even. FP8
// saturates at its largest finite value, float16 and bfloat16 overflow to infinity, NaN stays NaN.
void from_float(const float* source, float scale, DType dtype, void* target, std::int64_t count);

// target += weight * source.
void add_scaled(float weight, const float* source, float* target, std::int64_t count);

}  // namespace mla::cpu
