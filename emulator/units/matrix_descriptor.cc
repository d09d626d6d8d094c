// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/matrix_descriptor.h"

#include <algorithm>

namespace emulator {
namespace {

constexpr Swizzle kSwizzles[] = {Swizzle::kNone, Swizzle::k128B, Swizzle::k64B, Swizzle::k32B};

}  // namespace

MatrixLayout WgmmaDescriptor::layout(bool is_mn_major) const {
  return {field(0, 14) * kChunkBytes, field(16, 14) * kChunkBytes, field(32, 14) * kChunkBytes,
          kSwizzles[field(62, 2)], is_mn_major};
}

const char* WgmmaDescriptor::problem(uint32_t contiguous_bytes) const {
  const bool has_reserved_bits =
      field(14, 2) != 0 || field(30, 2) != 0 || field(46, 3) != 0 || field(52, 10) != 0;
  if (has_reserved_bits) return "the matrix descriptor has reserved bits set";
  if (field(49, 3) != 0) return "a base offset in a matrix descriptor is not supported";
  const MatrixLayout matrix = layout(false);
  if (matrix.swizzle == Swizzle::kNone) return nullptr;
  // The pattern must begin where the row bits of the address are zero, else a base offset is due.
  const uint32_t row_bits = swizzle_repeat_bytes(matrix.swizzle) - 1;
  if ((matrix.start & row_bits & ~uint32_t{127}) != 0) {
    return "the matrix does not start at a repeat of the swizzle pattern";
  }
  const uint32_t span = swizzle_span_bytes(matrix.swizzle);
  if (matrix.start % span + std::min(contiguous_bytes, span) > span) {
    return "the matrix leaves the row of the swizzle pattern in which it starts";
  }
  return nullptr;
}

}  // namespace emulator
