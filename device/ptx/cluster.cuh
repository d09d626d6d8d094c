// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/mbarrier.cuh"

// Clusters of thread blocks: rank, barrier, and mbarriers in another block's shared memory.
namespace mla::ptx {

// PTX ISA "Special Registers": %cluster_ctarank.
__device__ __forceinline__ int cluster_ctarank() {
  int rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}

// PTX ISA "barrier.cluster": every thread of the cluster, whose writes are then visible to all.
__device__ __forceinline__ void barrier_cluster() {
  asm volatile(
      "barrier.cluster.arrive.release.aligned;\n"
      "barrier.cluster.wait.acquire.aligned;" ::
          : "memory");
}

// PTX ISA "mapa": where block `rank` of the cluster has what this block has at shared_address.
__device__ __forceinline__ unsigned mapa(unsigned shared_address, int rank) {
  unsigned address;
  asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(address) : "r"(shared_address), "r"(rank));
  return address;
}

// Arrivals at a barrier of any block of the cluster, given by its cluster address.
__device__ __forceinline__ void mbarrier_arrive_cluster(unsigned barrier) {
  asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(barrier)
               : "memory");
}

__device__ __forceinline__ void mbarrier_arrive_expect_tx_cluster(unsigned barrier,
                                                                  unsigned num_bytes) {
  asm volatile(
      "mbarrier.arrive.expect_tx.release.cluster.shared::cluster.b64 _, [%0], %1;" ::"r"(barrier),
      "r"(num_bytes)
      : "memory");
}

// As mbarrier_try_wait_parity, and sees what other blocks of the cluster wrote before they arrived.
__device__ __forceinline__ bool mbarrier_try_wait_parity_cluster(Barrier& barrier,
                                                                 unsigned parity) {
  unsigned is_complete;
  asm volatile(
      "{\n"
      ".reg .pred complete;\n"
      "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 complete, [%1], %2;\n"
      "selp.u32 %0, 1, 0, complete;\n"
      "}\n"
      : "=r"(is_complete)
      : "r"(shared_address(&barrier)), "r"(parity)
      : "memory");
  return is_complete != 0;
}

__device__ __forceinline__ bool mbarrier_try_wait_parity_cluster(Barrier& barrier, unsigned parity,
                                                                 unsigned nanoseconds) {
  unsigned is_complete;
  asm volatile(
      "{\n"
      ".reg .pred complete;\n"
      "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 complete, [%1], %2, %3;\n"
      "selp.u32 %0, 1, 0, complete;\n"
      "}\n"
      : "=r"(is_complete)
      : "r"(shared_address(&barrier)), "r"(parity), "r"(nanoseconds)
      : "memory");
  return is_complete != 0;
}

}  // namespace mla::ptx
