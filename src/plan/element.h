// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/element_type.h"
#include "mla/tensor.h"

namespace mla {

// The kernel's name of a tensor's element. Throws Error(kType) for integers.
ElementType element_type(DType dtype);

constexpr bool is_float8(DType dtype) {
  return dtype == DType::kFloat8E4M3 || dtype == DType::kFloat8E5M2;
}

}  // namespace mla
