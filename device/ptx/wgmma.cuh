// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// PTX ISA "Asynchronous Warpgroup Level Matrix Instructions": wgmma, sm_90a only.
namespace mla::ptx {

__device__ __forceinline__ void wgmma_fence() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void wgmma_commit_group() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Waits until at most kPending of the warpgroup's latest groups are in flight.
template <int kPending>
__device__ __forceinline__ void wgmma_wait_group() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

enum class MatrixSwizzle : unsigned { k128B = 1, k64B = 2, k32B = 3 };

// The descriptor of a K-major operand in swizzled shared memory: rows of kSwizzle bytes, 8 rows
// apart by stride_bytes.
struct MatrixDescriptor {
  unsigned low;
  unsigned high;

  // The operand moved by so many bytes, a multiple of 16. The address cannot carry out of its
  // field.
  __device__ MatrixDescriptor moved(unsigned num_bytes) const {
    return {low + num_bytes / 16, high};
  }

  __device__ unsigned long long bits() const {
    return static_cast<unsigned long long>(high) << 32 | low;
  }
};

__device__ __forceinline__ MatrixDescriptor matrix_descriptor(unsigned address,
                                                              unsigned stride_bytes,
                                                              MatrixSwizzle swizzle) {
  return {(1u << 16) | ((address & 0x3ffff) >> 4),
          static_cast<unsigned>(swizzle) << 30 | stride_bytes >> 4};
}

// D[64, n] (+)= A[64, 32 bytes] * B[n, 32 bytes], D in registers (n / 2 a thread), B in shared
// memory. The number of registers is part of the instruction's text, hence a macro with one line a
// width.
#define MLA_REGISTERS_4 "%0, %1, %2, %3"
#define MLA_REGISTERS_8 MLA_REGISTERS_4 ", %4, %5, %6, %7"
#define MLA_REGISTERS_12 MLA_REGISTERS_8 ", %8, %9, %10, %11"
#define MLA_REGISTERS_16 MLA_REGISTERS_12 ", %12, %13, %14, %15"
#define MLA_REGISTERS_20 MLA_REGISTERS_16 ", %16, %17, %18, %19"
#define MLA_REGISTERS_24 MLA_REGISTERS_20 ", %20, %21, %22, %23"
#define MLA_REGISTERS_28 MLA_REGISTERS_24 ", %24, %25, %26, %27"
#define MLA_REGISTERS_32 MLA_REGISTERS_28 ", %28, %29, %30, %31"
#define MLA_OUTPUTS_AT(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define MLA_OUTPUTS_4 MLA_OUTPUTS_AT(0)
#define MLA_OUTPUTS_8 MLA_OUTPUTS_4, MLA_OUTPUTS_AT(4)
#define MLA_OUTPUTS_12 MLA_OUTPUTS_8, MLA_OUTPUTS_AT(8)
#define MLA_OUTPUTS_16 MLA_OUTPUTS_12, MLA_OUTPUTS_AT(12)
#define MLA_OUTPUTS_20 MLA_OUTPUTS_16, MLA_OUTPUTS_AT(16)
#define MLA_OUTPUTS_24 MLA_OUTPUTS_20, MLA_OUTPUTS_AT(20)
#define MLA_OUTPUTS_28 MLA_OUTPUTS_24, MLA_OUTPUTS_AT(24)
#define MLA_OUTPUTS_32 MLA_OUTPUTS_28, MLA_OUTPUTS_AT(28)

// count = n / 2 registers of D; p0... are the operand numbers that follow them.
#define MLA_DEFINE_WGMMA_E4M3(n, count, p0, p1, p2, p3, p4, p5)                               \
  __device__ __forceinline__ void wgmma_e4m3(float(&d)[count], MatrixDescriptor a,            \
                                             MatrixDescriptor b, bool accumulate) {           \
    asm volatile(                                                                             \
        "{\n.reg .pred p;\nsetp.ne.b32 p, %" #p2 ", 0;\nwgmma.mma_async.sync.aligned.m64n" #n \
        "k32.f32.e4m3.e4m3 {" MLA_REGISTERS_##count "}, %" #p0 ", %" #p1 ", p, 1, 1;\n}\n"    \
        : MLA_OUTPUTS_##count                                                                 \
        : "l"(a.bits()), "l"(b.bits()), "r"(static_cast<int>(accumulate)));                   \
  }                                                                                           \
  __device__ __forceinline__ void wgmma_e4m3(float(&d)[count], const unsigned(&a)[4],         \
                                             MatrixDescriptor b, bool accumulate) {           \
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #p5                                     \
                 ", 0;\nwgmma.mma_async.sync.aligned.m64n" #n                                 \
                 "k32.f32.e4m3.e4m3 {" MLA_REGISTERS_##count                                  \
                 "}, {%" #p0 ", %" #p1 ", %" #p2 ", %" #p3 "}, %" #p4 ", p, 1, 1;\n}\n"       \
                 : MLA_OUTPUTS_##count                                                        \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b.bits()),                 \
                   "r"(static_cast<int>(accumulate)));                                        \
  }

MLA_DEFINE_WGMMA_E4M3(8, 4, 4, 5, 6, 7, 8, 9)
MLA_DEFINE_WGMMA_E4M3(16, 8, 8, 9, 10, 11, 12, 13)
MLA_DEFINE_WGMMA_E4M3(24, 12, 12, 13, 14, 15, 16, 17)
MLA_DEFINE_WGMMA_E4M3(32, 16, 16, 17, 18, 19, 20, 21)
MLA_DEFINE_WGMMA_E4M3(40, 20, 20, 21, 22, 23, 24, 25)
MLA_DEFINE_WGMMA_E4M3(48, 24, 24, 25, 26, 27, 28, 29)
MLA_DEFINE_WGMMA_E4M3(56, 28, 28, 29, 30, 31, 32, 33)
MLA_DEFINE_WGMMA_E4M3(64, 32, 32, 33, 34, 35, 36, 37)

#undef MLA_DEFINE_WGMMA_E4M3

}  // namespace mla::ptx
