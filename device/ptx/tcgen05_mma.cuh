// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/element_type.h"
#include "device/ptx/mbarrier.cuh"

// PTX ISA "tcgen05.mma": descriptors and the matrix instruction itself.
namespace mla::ptx {

// PTX ISA "Shared memory descriptor": a matrix in shared memory whose rows (K-major: m or n;
// MN-major: k) are spans of 64 or 128 swizzled bytes, 8 of them a block.
struct TensorMatrix {
  unsigned low;
  unsigned high;

  // The matrix moved by so many bytes, a multiple of 16. The address cannot carry out of its field.
  __device__ TensorMatrix moved(unsigned num_bytes) const { return {low + num_bytes / 16, high}; }

  __device__ unsigned long long bits() const {
    return static_cast<unsigned long long>(high) << 32 | low;
  }
};

enum class TensorSwizzle : unsigned { k128B = 2, k64B = 4 };

constexpr int span_bytes(TensorSwizzle swizzle) {
  return swizzle == TensorSwizzle::k128B ? 128 : 64;
}

// K-major: the next 8 rows follow at once. MN-major: the next 8 of k follow at once, the next span
// of m or n comes after mn_stride_bytes.
__device__ __forceinline__ TensorMatrix tensor_matrix(const void* matrix, TensorSwizzle swizzle,
                                                      unsigned mn_stride_bytes = 0) {
  constexpr unsigned kVersion = 1u << 14;
  const unsigned block_bytes = 8 * span_bytes(swizzle);
  return {(mn_stride_bytes >> 4) << 16 | (shared_address(matrix) & 0x3ffff) >> 4,
          static_cast<unsigned>(swizzle) << 29 | kVersion | block_bytes >> 4};
}

// PTX ISA "Instruction descriptor": D[m, n] in float32, A K-major.
constexpr unsigned mma_instruction(ElementType type, int m, int n, bool is_b_mn_major) {
  constexpr unsigned kFloat32Sums = 1u << 4;
  const unsigned operand = type == ElementType::kBFloat16 ? 1 : 0;  // float16 and e4m3 are 0
  return kFloat32Sums | operand << 7 | operand << 10 | (is_b_mn_major ? 1u << 16 : 0u) |
         static_cast<unsigned>(n) >> 3 << 17 | static_cast<unsigned>(m) >> 4 << 24;
}

// The bytes of k that one instruction takes, whatever the type.
inline constexpr int kMmaDepthBytes = 32;

#define MLA_TCGEN05_MMA(opcode, kind)                                                             \
  asm volatile("{\n.reg .pred accumulates;\nsetp.ne.b32 accumulates, %4, 0;\n" opcode             \
               ".kind::" kind " [%0], %1, %2, %3, accumulates;\n}\n" ::"r"(d),                    \
               "l"(a.bits()), "l"(b.bits()), "r"(instruction), "r"(static_cast<int>(accumulates)) \
               : "memory")

// D (+)= A B, one thread for the block or the pair. A pair computes 128 rows, 64 a block: each
// block has its rows of A and half of B's columns. One block computes 64 rows in the
// weight-stationary form, which spreads D over the lanes as a pair's does: row m of column n lies
// in lane m + 64 (n / (N / 2)), column n mod (N / 2).
template <ElementType kType, int kGroup>
__device__ __forceinline__ void tcgen05_mma(unsigned d, TensorMatrix a, TensorMatrix b,
                                            unsigned instruction, bool accumulates) {
  constexpr bool kIsFloat8 = size_bytes(kType) == 1;
  if constexpr (kGroup == 2 && kIsFloat8) {
    MLA_TCGEN05_MMA("tcgen05.mma.cta_group::2", "f8f6f4");
  } else if constexpr (kGroup == 2) {
    MLA_TCGEN05_MMA("tcgen05.mma.cta_group::2", "f16");
  } else if constexpr (kIsFloat8) {
    MLA_TCGEN05_MMA("tcgen05.mma.ws.cta_group::1", "f8f6f4");
  } else {
    MLA_TCGEN05_MMA("tcgen05.mma.ws.cta_group::1", "f16");
  }
}

#undef MLA_TCGEN05_MMA

}  // namespace mla::ptx
