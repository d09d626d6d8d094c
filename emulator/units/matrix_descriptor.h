// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "emulator/units/swizzle.h"

namespace emulator {

// Matrix operands move in chunks of 16 bytes; a core matrix is eight of them.
inline constexpr uint32_t kChunkBytes = 16;

// How the elements of a matrix operand lie in shared memory (PTX ISA 9.7.15.5.1). "mn" counts the
// rows of A or the columns of B, "k" the elements that are multiplied and added.
struct MatrixLayout {
  uint32_t start = 0;          // offset in the CTA's shared memory
  uint32_t leading_bytes = 0;  // the two strides of the descriptor
  uint32_t stride_bytes = 0;
  Swizzle swizzle = Swizzle::kNone;
  bool is_mn_major = false;  // elements with the same k lie beside each other

  // Where the chunk lies that holds byte `mn_byte` along mn (MN-major) or row mn (K-major), and
  // byte `k_byte` along k (K-major) or row k (MN-major): one of the two counts bytes.
  uint32_t k_major_chunk(uint32_t mn, uint32_t k_byte) const {
    const uint32_t span = swizzle_span_bytes(swizzle);
    uint32_t offset = start + mn / 8 * stride_bytes + mn % 8 * span;
    offset += swizzle == Swizzle::kNone ? k_byte / kChunkBytes * leading_bytes : k_byte;
    return swizzled_offset(swizzle, offset);
  }
  uint32_t mn_major_chunk(uint32_t mn_byte, uint32_t k) const {
    const uint32_t span = swizzle_span_bytes(swizzle);
    const bool is_plain = swizzle == Swizzle::kNone;
    const uint32_t along_mn = is_plain ? stride_bytes : leading_bytes;
    const uint32_t along_k = is_plain ? leading_bytes : stride_bytes;
    const uint32_t offset =
        start + mn_byte / span * along_mn + mn_byte % span + k % 8 * span + k / 8 * along_k;
    return swizzled_offset(swizzle, offset);
  }
};

// How much of a matrix an instruction takes.
struct MatrixExtent {
  uint32_t mn = 0;
  uint32_t k = 0;
  uint32_t element_bytes = 0;
};

// Calls visit(mn, k, offset) for every chunk of the operand: the coordinates of its first element,
// and where it lies. The others follow along k (K-major) or along mn (MN-major).
template <typename Visit>
void for_each_chunk(const MatrixLayout& layout, const MatrixExtent& extent, Visit&& visit) {
  const uint32_t per_chunk = kChunkBytes / extent.element_bytes;
  if (layout.is_mn_major) {
    for (uint32_t k = 0; k < extent.k; ++k) {
      for (uint32_t mn = 0; mn < extent.mn; mn += per_chunk) {
        visit(mn, k, layout.mn_major_chunk(mn * extent.element_bytes, k));
      }
    }
  } else {
    for (uint32_t mn = 0; mn < extent.mn; ++mn) {
      for (uint32_t k = 0; k < extent.k; k += per_chunk) {
        visit(mn, k, layout.k_major_chunk(mn, k * extent.element_bytes));
      }
    }
  }
}

// The descriptor of wgmma on sm_90 (PTX ISA 9.7.15.5.1.2.2).
struct WgmmaDescriptor {
  uint64_t bits = 0;

  uint32_t field(int first, int count) const {
    return static_cast<uint32_t>(bits >> first) & ((1u << count) - 1);
  }
  MatrixLayout layout(bool is_mn_major) const;
  // What is wrong with it for so many bytes beside each other, whatever it points to; or null.
  const char* problem(uint32_t contiguous_bytes) const;
};

}  // namespace emulator
