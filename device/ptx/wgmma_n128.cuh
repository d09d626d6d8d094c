// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/wgmma_f16.cuh"

// wgmma of 64 rows and 128 columns: the products of prefill, for 16-bit and 8-bit operands alike.
namespace mla::ptx {

// Keeps writes of a first operand in registers in front of the fence behind it.
__device__ __forceinline__ void wgmma_fence_operand(uint4 (&a)[8]) {
#define MLA_OPERAND(i) "+r"(a[i].x), "+r"(a[i].y), "+r"(a[i].z), "+r"(a[i].w)
  asm volatile(""
               : MLA_OPERAND(0), MLA_OPERAND(1), MLA_OPERAND(2), MLA_OPERAND(3), MLA_OPERAND(4),
                 MLA_OPERAND(5), MLA_OPERAND(6), MLA_OPERAND(7)::"memory");
#undef MLA_OPERAND
}

#define MLA_WGMMA_N128 "wgmma.mma_async.sync.aligned.m64n128"

// `shape_and_types` of the instruction, and what it is told of transposition.
#define MLA_WGMMA_SHARED(shape_and_types, transposed)                                      \
  asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %66, 0;\n" MLA_WGMMA_N128 shape_and_types \
               " {" MLA_REGISTERS_64 "}, %64, %65, p, 1, 1" transposed ";\n}\n"            \
               : MLA_OUTPUTS_64                                                            \
               : "l"(a.bits()), "l"(b.bits()), "r"(static_cast<int>(accumulate)))

// D[64, 128] (+)= A[64, 32 bytes] * B[128, 32 bytes]^T, A and B K-major in shared memory.
template <ElementType kType>
__device__ __forceinline__ void wgmma_m64n128_k_major(float (&d)[64], MatrixDescriptor a,
                                                      MatrixDescriptor b, bool accumulate) {
  if constexpr (kType == ElementType::kBFloat16) {
    MLA_WGMMA_SHARED("k16.f32.bf16.bf16", ", 0, 0");
  } else if constexpr (kType == ElementType::kFloat16) {
    MLA_WGMMA_SHARED("k16.f32.f16.f16", ", 0, 0");
  } else if constexpr (kType == ElementType::kFloat8E4M3) {
    MLA_WGMMA_SHARED("k32.f32.e4m3.e4m3", "");
  } else {
    static_assert(kType == ElementType::kFloat8E5M2);
    MLA_WGMMA_SHARED("k32.f32.e5m2.e5m2", "");
  }
}

#define MLA_WGMMA_E4M3_REGISTERS(type)                                                          \
  asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %69, 0;\n" MLA_WGMMA_N128 "k32.f32.e4m3." type \
               " {" MLA_REGISTERS_64 "}, {%64, %65, %66, %67}, %68, p, 1, 1;\n}\n"              \
               : MLA_OUTPUTS_64                                                                 \
               : "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w), "l"(b.bits()),                         \
                 "r"(static_cast<int>(accumulate)))

// D[64, 128] (+)= A[64, 32] * B[128, 32]^T, A e4m3 in registers, B of kType, K-major in shared
// memory.
template <ElementType kType>
__device__ __forceinline__ void wgmma_m64n128_e4m3(float (&d)[64], uint4 a, MatrixDescriptor b,
                                                   bool accumulate) {
  if constexpr (kType == ElementType::kFloat8E4M3) {
    MLA_WGMMA_E4M3_REGISTERS("e4m3");
  } else {
    static_assert(kType == ElementType::kFloat8E5M2);
    MLA_WGMMA_E4M3_REGISTERS("e5m2");
  }
}

#undef MLA_WGMMA_E4M3_REGISTERS
#undef MLA_WGMMA_SHARED
#undef MLA_WGMMA_N128

}  // namespace mla::ptx
