// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "emulator/units/swizzle.h"

namespace emulator {

// An operand of a matrix product in shared memory: a row of A, or a column of B, for every index
// mn, in one of the canonical layouts of matrix descriptors (ISA 9.7.16.3.3). They are made of
// atoms of 8 rows whose width is the span of the swizzle.
struct SharedMatrix {
  uint32_t start = 0;          // offset in shared memory
  uint32_t leading_bytes = 0;  // leading dimension byte offset
  uint32_t stride_bytes = 0;   // stride dimension byte offset
  Swizzle swizzle = Swizzle::kNone;
  bool is_mn_major = false;

  // What is wrong with the start of the matrix, or an empty string: atoms have to begin where the
  // pattern of the swizzle begins, and K (32 bytes of a row) must not leave them.
  std::string check_start() const {
    if (swizzle == Swizzle::kNone) return {};
    const uint32_t span = swizzle_span_bytes(swizzle);
    if (start % (atom_rows() * span) >= span) {
      return "the matrix starts at offset " + std::to_string(start) +
             ", inside the pattern of its swizzle, and the base offset is 0";
    }
    if (!is_mn_major && start % span + 32 > span) {
      return "32 bytes from offset " + std::to_string(start) + " on leave the swizzle atom";
    }
    return {};
  }

  // Where the 16 bytes begin that hold element (mn, k): the elements of the same mn with
  // neighbouring k when K-major, else those of the same k with neighbouring mn. Both indices count
  // elements of `element_bytes`.
  uint32_t chunk_of(uint32_t mn, uint32_t k, uint32_t element_bytes) const {
    const uint32_t offset = is_mn_major ? mn_major_offset(mn * element_bytes, k)
                                        : k_major_offset(mn, k * element_bytes);
    return swizzled_offset(swizzle, start + offset) & ~15u;
  }

 private:
  // Atoms whose 32-byte pieces stay together have 4 rows only.
  uint32_t atom_rows() const { return swizzle == Swizzle::k128BAtom32B ? 4 : 8; }
  uint32_t k_major_offset(uint32_t mn, uint32_t k_bytes) const {
    const uint32_t span = swizzle_span_bytes(swizzle);
    const uint32_t rows = mn / 8 * stride_bytes + mn % 8 * span;
    // Without swizzle an atom is 16 bytes wide, and the leading offset leads to the next one.
    if (swizzle == Swizzle::kNone) return rows + k_bytes / 16 * leading_bytes + k_bytes % 16;
    return rows + k_bytes;
  }
  uint32_t mn_major_offset(uint32_t mn_bytes, uint32_t k) const {
    const uint32_t span = swizzle_span_bytes(swizzle);
    if (swizzle == Swizzle::kNone) {
      return mn_bytes / 16 * stride_bytes + mn_bytes % 16 + k % 8 * 16 + k / 8 * leading_bytes;
    }
    return mn_bytes / span * leading_bytes + mn_bytes % span + k % atom_rows() * span +
           k / atom_rows() * stride_bytes;
  }
};

}  // namespace emulator
