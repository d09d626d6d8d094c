// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/element_type.h"
#include "device/ptx/wgmma.cuh"

// wgmma with 16-bit operands: k is 16 elements, and an operand in shared memory may also have its
// rows or columns innermost instead of k.
namespace mla::ptx {

// The descriptor of an MN-major operand in 128-byte swizzled shared memory, which holds it as k
// rows of 64 elements of m or n: the next 8 of k are k_stride_bytes apart, the next 64 of m or n
// mn_stride_bytes.
__device__ __forceinline__ MatrixDescriptor matrix_descriptor_mn_major(unsigned address,
                                                                       unsigned k_stride_bytes,
                                                                       unsigned mn_stride_bytes) {
  return {(mn_stride_bytes >> 4) << 16 | ((address & 0x3ffff) >> 4),
          static_cast<unsigned>(MatrixSwizzle::k128B) << 30 | k_stride_bytes >> 4};
}

// Keeps reads of the sums behind the wait in front of this: the compiler knows nothing of a
// product in flight.
template <int kCount>
__device__ __forceinline__ void wgmma_fence_sums(float (&sums)[kCount]) {
#pragma unroll
  for (float& sum : sums) asm volatile("" : "+f"(sum)::"memory");
}

#define MLA_REGISTERS_64                                                                         \
  MLA_REGISTERS_32                                                                               \
  ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, " \
  "%50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define MLA_OUTPUTS_64                                                                            \
  MLA_OUTPUTS_32, MLA_OUTPUTS_AT(32), MLA_OUTPUTS_AT(36), MLA_OUTPUTS_AT(40), MLA_OUTPUTS_AT(44), \
      MLA_OUTPUTS_AT(48), MLA_OUTPUTS_AT(52), MLA_OUTPUTS_AT(56), MLA_OUTPUTS_AT(60)

// D[64, 64] (+)= A[64, 16] * B[64, 16]^T, A and B K-major in shared memory.
#define MLA_WGMMA_M64N64(type)                                                                     \
  asm volatile(                                                                                    \
      "{\n.reg .pred p;\nsetp.ne.b32 p, %34, 0;\nwgmma.mma_async.sync.aligned.m64n64k16.f32." type \
      "." type " {" MLA_REGISTERS_32 "}, %32, %33, p, 1, 1, 0, 0;\n}\n"                            \
      : MLA_OUTPUTS_32                                                                             \
      : "l"(a.bits()), "l"(b.bits()), "r"(static_cast<int>(accumulate)))

template <ElementType kType>
__device__ __forceinline__ void wgmma_m64n64(float (&d)[32], MatrixDescriptor a, MatrixDescriptor b,
                                             bool accumulate) {
  static_assert(kType == ElementType::kBFloat16 || kType == ElementType::kFloat16);
  if constexpr (kType == ElementType::kBFloat16) {
    MLA_WGMMA_M64N64("bf16");
  } else {
    MLA_WGMMA_M64N64("f16");
  }
}

// D[64, 128] += A[64, 16] * B[16, 128], A in registers, B MN-major in shared memory.
#define MLA_WGMMA_M64N128(type)                                                                   \
  asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32." type "." type " {" MLA_REGISTERS_64 \
               "}, {%64, %65, %66, %67}, %68, 1, 1, 1, 1;\n"                                      \
               : MLA_OUTPUTS_64                                                                   \
               : "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w), "l"(b.bits()))

template <ElementType kType>
__device__ __forceinline__ void wgmma_m64n128(float (&d)[64], uint4 a, MatrixDescriptor b) {
  static_assert(kType == ElementType::kBFloat16 || kType == ElementType::kFloat16);
  if constexpr (kType == ElementType::kBFloat16) {
    MLA_WGMMA_M64N128("bf16");
  } else {
    MLA_WGMMA_M64N128("f16");
  }
}

#undef MLA_WGMMA_M64N64
#undef MLA_WGMMA_M64N128

}  // namespace mla::ptx
