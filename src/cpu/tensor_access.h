// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "mla/tensor.h"

namespace mla::cpu {

// The address of an element; indices left out are 0.
inline char* element(const TensorView& tensor, std::int64_t i0, std::int64_t i1 = 0,
                     std::int64_t i2 = 0) {
  const std::int64_t offset =
      i0 * tensor.strides[0] + i1 * tensor.strides[1] + i2 * tensor.strides[2];
  return static_cast<char*>(tensor.data) + offset * size_bytes(tensor.dtype);
}

// An element of a 1-D or 2-D tensor of T.
template <class T>
T& element_as(const TensorView& tensor, std::int64_t i0, std::int64_t i1 = 0) {
  return *reinterpret_cast<T*>(element(tensor, i0, i1));
}

}  // namespace mla::cpu
