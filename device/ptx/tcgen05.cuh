// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/mbarrier.cuh"

// PTX ISA "TensorCore 5th Generation": tensor memory and what orders its users, sm_100 and later.
// kGroup is how many blocks take part: 1, or the 2 of a cluster's pair.
namespace mla::ptx {

// A whole warp allocates columns of tensor memory, a power of two from 32; the address of the first
// one is left in shared memory. With a pair, both blocks' warps do so together.
template <int kGroup>
__device__ __forceinline__ void tcgen05_alloc(unsigned& address, unsigned num_columns) {
  asm volatile("tcgen05.alloc.cta_group::%2.sync.aligned.shared::cta.b32 [%0], %1;" ::"r"(
                   shared_address(&address)),
               "r"(num_columns), "n"(kGroup)
               : "memory");
}

template <int kGroup>
__device__ __forceinline__ void tcgen05_relinquish_alloc_permit() {
  asm volatile("tcgen05.relinquish_alloc_permit.cta_group::%0.sync.aligned;" ::"n"(kGroup));
}

template <int kGroup>
__device__ __forceinline__ void tcgen05_dealloc(unsigned address, unsigned num_columns) {
  asm volatile("tcgen05.dealloc.cta_group::%2.sync.aligned.b32 %0, %1;" ::"r"(address),
               "r"(num_columns), "n"(kGroup)
               : "memory");
}

// Arrives once at `barrier`, in every block of the pair, when all matrix instructions that this
// thread has issued are done.
template <int kGroup>
__device__ __forceinline__ void tcgen05_commit(Barrier& barrier) {
  if constexpr (kGroup == 1) {
    asm volatile(
        "tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 [%0];" ::"r"(
            shared_address(&barrier))
        : "memory");
  } else {
    constexpr unsigned short kBothBlocks = 3;
    asm volatile(
        "tcgen05.commit.cta_group::2.mbarrier::arrive::one.shared::cluster.multicast::cluster.b64 "
        "[%0], %1;" ::"r"(shared_address(&barrier)),
        "h"(kBothBlocks)
        : "memory");
  }
}

// Orders tensor memory accesses of this thread before, or after, a synchronisation of threads.
__device__ __forceinline__ void tcgen05_fence_before_thread_sync() {
  asm volatile("tcgen05.fence::before_thread_sync;" ::: "memory");
}

__device__ __forceinline__ void tcgen05_fence_after_thread_sync() {
  asm volatile("tcgen05.fence::after_thread_sync;" ::: "memory");
}

__device__ __forceinline__ void tcgen05_wait_ld() {
  asm volatile("tcgen05.wait::ld.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void tcgen05_wait_st() {
  asm volatile("tcgen05.wait::st.sync.aligned;" ::: "memory");
}

#define MLA_REGISTERS_32                                                                        \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}"
#define MLA_FOUR(form, i) form(r[i]), form(r[i + 1]), form(r[i + 2]), form(r[i + 3])
#define MLA_THIRTY_TWO(form)                                                                       \
  MLA_FOUR(form, 0), MLA_FOUR(form, 4), MLA_FOUR(form, 8), MLA_FOUR(form, 12), MLA_FOUR(form, 16), \
      MLA_FOUR(form, 20), MLA_FOUR(form, 24), MLA_FOUR(form, 28)

// 32 neighbouring columns of the lane that has this thread's number in its warpgroup. Complete
// after tcgen05_wait_ld; complete() then hands the registers to the code behind it.
__device__ __forceinline__ void tcgen05_ld_32x32b_x32(float* r, unsigned address) {
  asm volatile("tcgen05.ld.sync.aligned.32x32b.x32.b32 " MLA_REGISTERS_32 ", [%32];"
               : MLA_THIRTY_TWO("=f")
               : "r"(address));
}

// The same, and the largest of this thread's columns that is no NaN; sm_103 alone.
__device__ __forceinline__ float tcgen05_ld_red_max_32x32b_x32(float* r, unsigned address) {
  float largest;
  asm volatile("tcgen05.ld.red.sync.aligned.32x32b.x32.max.f32 " MLA_REGISTERS_32 ", %32, [%33];"
               : MLA_THIRTY_TWO("=f"), "=f"(largest)
               : "r"(address));
  return largest;
}

__device__ __forceinline__ void tcgen05_st_32x32b_x32(unsigned address, const float* r) {
  asm volatile("tcgen05.st.sync.aligned.32x32b.x32.b32 [%32], " MLA_REGISTERS_32
               ";" ::MLA_THIRTY_TWO("f"),
               "r"(address)
               : "memory");
}

#undef MLA_REGISTERS_32
#undef MLA_FOUR
#undef MLA_THIRTY_TWO

// Keeps the compiler from using loaded registers in front of the wait above this.
template <int kCount>
__device__ __forceinline__ void tcgen05_fence_registers(float (&registers)[kCount]) {
#pragma unroll
  for (float& value : registers) asm volatile("" : "+f"(value)::"memory");
}

}  // namespace mla::ptx
