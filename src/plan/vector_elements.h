// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <initializer_list>

#include "check.h"

namespace mla {

// The largest power of two that divides every dimension and is no more than `most`.
constexpr int common_vector(std::initializer_list<int> dims, int most) {
  int vector = 1;
  while (2 * vector <= most) {
    for (const int dim : dims) {
      if (dim % (2 * vector) != 0) return vector;
    }
    vector *= 2;
  }
  return vector;
}

// Kernels that only move rows count their pieces of work in 32 bits.
inline void check_kernel_items(const char* where, std::int64_t num_items) {
  MLA_CHECK(num_items <= 0xffffffff, ErrorKind::kNotImplemented, where,
            "a GPU kernel takes at most 2^32 - 1 pieces of work", num_items);
}

}  // namespace mla
