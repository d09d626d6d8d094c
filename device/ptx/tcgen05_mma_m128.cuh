// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/tcgen05_mma.cuh"

// tcgen05.mma of one block and 128 rows: the products of prefill. Row m of D lies in lane m of
// tensor memory, its columns in as many neighbouring ones.
namespace mla::ptx {

// PTX ISA "Instruction descriptor": D[128, n] in float32, A K-major.
constexpr unsigned mma_instruction_m128(ElementType a, ElementType b, int n, bool is_b_mn_major) {
  const auto operand = [](ElementType type) {
    return type == ElementType::kBFloat16 || type == ElementType::kFloat8E5M2 ? 1u : 0u;
  };
  return mma_instruction(ElementType::kFloat16, 128, n, is_b_mn_major) | operand(a) << 7 |
         operand(b) << 10;
}

#define MLA_TCGEN05_MMA_M128(kind, a_form, a_constraint, a_value)                                \
  asm volatile(                                                                                  \
      "{\n.reg .pred accumulates;\nsetp.ne.b32 accumulates, %4, 0;\n"                            \
      "tcgen05.mma.cta_group::1.kind::" kind " [%0], " a_form                                    \
      ", %2, %3, accumulates;\n}\n" ::"r"(d),                                                    \
      a_constraint(a_value), "l"(b.bits()), "r"(instruction), "r"(static_cast<int>(accumulates)) \
      : "memory")

// D (+)= A B, A in shared memory.
template <ElementType kType>
__device__ __forceinline__ void tcgen05_mma_m128(unsigned d, TensorMatrix a, TensorMatrix b,
                                                 unsigned instruction, bool accumulates) {
  if constexpr (size_bytes(kType) == 1) {
    MLA_TCGEN05_MMA_M128("f8f6f4", "%1", "l", a.bits());
  } else {
    MLA_TCGEN05_MMA_M128("f16", "%1", "l", a.bits());
  }
}

// The same, A in tensor memory: row m in lane m, 4 bytes of k a column.
template <ElementType kType>
__device__ __forceinline__ void tcgen05_mma_m128(unsigned d, unsigned a, TensorMatrix b,
                                                 unsigned instruction, bool accumulates) {
  if constexpr (size_bytes(kType) == 1) {
    MLA_TCGEN05_MMA_M128("f8f6f4", "[%1]", "r", a);
  } else {
    MLA_TCGEN05_MMA_M128("f16", "[%1]", "r", a);
  }
}

#undef MLA_TCGEN05_MMA_M128

}  // namespace mla::ptx
