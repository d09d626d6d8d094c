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

#define MLA_REGISTERS_64                                                                         \
  MLA_REGISTERS_32                                                                               \
  ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, " \
  "%50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define MLA_OUTPUTS_64                                                                            \
  MLA_OUTPUTS_32, MLA_OUTPUTS_AT(32), MLA_OUTPUTS_AT(36), MLA_OUTPUTS_AT(40), MLA_OUTPUTS_AT(44), \
      MLA_OUTPUTS_AT(48), MLA_OUTPUTS_AT(52), MLA_OUTPUTS_AT(56), MLA_OUTPUTS_AT(60)

#define MLA_REGISTERS_128                                                                     \
  MLA_REGISTERS_64                                                                            \
  ", %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, "   \
  "%81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, %96, %97, %98," \
  " %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113," \
  " %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
#define MLA_OUTPUTS_128                                                                           \
  MLA_OUTPUTS_64, MLA_OUTPUTS_AT(64), MLA_OUTPUTS_AT(68), MLA_OUTPUTS_AT(72), MLA_OUTPUTS_AT(76), \
      MLA_OUTPUTS_AT(80), MLA_OUTPUTS_AT(84), MLA_OUTPUTS_AT(88), MLA_OUTPUTS_AT(92),             \
      MLA_OUTPUTS_AT(96), MLA_OUTPUTS_AT(100), MLA_OUTPUTS_AT(104), MLA_OUTPUTS_AT(108),          \
      MLA_OUTPUTS_AT(112), MLA_OUTPUTS_AT(116), MLA_OUTPUTS_AT(120), MLA_OUTPUTS_AT(124)

// Keeps reads of the sums behind the wait in front of this, and writes in front of the fence behind
// it: the compiler knows nothing of a product in flight.
__device__ __forceinline__ void wgmma_fence_sums(float (&d)[32]) {
  asm volatile("" : MLA_OUTPUTS_32::"memory");
}

__device__ __forceinline__ void wgmma_fence_sums(float (&d)[64]) {
  asm volatile("" : MLA_OUTPUTS_64::"memory");
}

__device__ __forceinline__ void wgmma_fence_sums(float (&d)[128]) {
  asm volatile("" : MLA_OUTPUTS_128::"memory");
}

// The same for writes of a first operand in registers.
__device__ __forceinline__ void wgmma_fence_operand(uint4 (&a)[4]) {
#define MLA_OPERAND(i) "+r"(a[i].x), "+r"(a[i].y), "+r"(a[i].z), "+r"(a[i].w)
  asm volatile("" : MLA_OPERAND(0), MLA_OPERAND(1), MLA_OPERAND(2), MLA_OPERAND(3)::"memory");
#undef MLA_OPERAND
}

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

// D[64, n] += A[64, 16] * B[16, n], A in registers, B MN-major in shared memory.
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

#define MLA_WGMMA_M64N256(type)                                                                    \
  asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32." type "." type " {" MLA_REGISTERS_128 \
               "}, {%128, %129, %130, %131}, %132, 1, 1, 1, 1;\n"                                  \
               : MLA_OUTPUTS_128                                                                   \
               : "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w), "l"(b.bits()))

template <ElementType kType>
__device__ __forceinline__ void wgmma_m64n256(float (&d)[128], uint4 a, MatrixDescriptor b) {
  static_assert(kType == ElementType::kBFloat16 || kType == ElementType::kFloat16);
  if constexpr (kType == ElementType::kBFloat16) {
    MLA_WGMMA_M64N256("bf16");
  } else {
    MLA_WGMMA_M64N256("f16");
  }
}

// The same, A K-major in shared memory: its registers are not waited for, so that the warp goes on.
#define MLA_WGMMA_M64N256_SHARED(type)                                                             \
  asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32." type "." type " {" MLA_REGISTERS_128 \
               "}, %128, %129, 1, 1, 1, 0, 1;\n"                                                   \
               : MLA_OUTPUTS_128                                                                   \
               : "l"(a.bits()), "l"(b.bits()))

template <ElementType kType>
__device__ __forceinline__ void wgmma_m64n256(float (&d)[128], MatrixDescriptor a,
                                              MatrixDescriptor b) {
  static_assert(kType == ElementType::kBFloat16 || kType == ElementType::kFloat16);
  if constexpr (kType == ElementType::kBFloat16) {
    MLA_WGMMA_M64N256_SHARED("bf16");
  } else {
    MLA_WGMMA_M64N256_SHARED("f16");
  }
}

#undef MLA_WGMMA_M64N64
#undef MLA_WGMMA_M64N128
#undef MLA_WGMMA_M64N256
#undef MLA_WGMMA_M64N256_SHARED

}  // namespace mla::ptx
