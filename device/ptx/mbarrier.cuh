// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// PTX ISA "Parallel Synchronization: mbarrier". One instruction a function, named as the mnemonic.
namespace mla::ptx {

using Barrier = unsigned long long;  // the opaque 8-byte object in shared memory

__device__ __forceinline__ unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

__device__ __forceinline__ void mbarrier_init(Barrier& barrier, unsigned num_arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(&barrier)),
               "r"(num_arrivals)
               : "memory");
}

// Makes initialised barriers visible to the copy engine and to the cluster.
__device__ __forceinline__ void fence_mbarrier_init() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

__device__ __forceinline__ void mbarrier_arrive(Barrier& barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(&barrier))
               : "memory");
}

__device__ __forceinline__ void mbarrier_arrive_expect_tx(Barrier& barrier, unsigned num_bytes) {
  asm volatile(
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(&barrier)),
      "r"(num_bytes)
      : "memory");
}

__device__ __forceinline__ bool mbarrier_try_wait_parity(Barrier& barrier, unsigned parity) {
  unsigned is_complete;
  asm volatile(
      "{\n"
      ".reg .pred complete;\n"
      "mbarrier.try_wait.parity.shared::cta.b64 complete, [%1], %2;\n"
      "selp.u32 %0, 1, 0, complete;\n"
      "}\n"
      : "=r"(is_complete)
      : "r"(shared_address(&barrier)), "r"(parity)
      : "memory");
  return is_complete != 0;
}

// Waits no longer than about so many nanoseconds.
__device__ __forceinline__ bool mbarrier_try_wait_parity(Barrier& barrier, unsigned parity,
                                                         unsigned nanoseconds) {
  unsigned is_complete;
  asm volatile(
      "{\n"
      ".reg .pred complete;\n"
      "mbarrier.try_wait.parity.shared::cta.b64 complete, [%1], %2, %3;\n"
      "selp.u32 %0, 1, 0, complete;\n"
      "}\n"
      : "=r"(is_complete)
      : "r"(shared_address(&barrier)), "r"(parity), "r"(nanoseconds)
      : "memory");
  return is_complete != 0;
}

}  // namespace mla::ptx
