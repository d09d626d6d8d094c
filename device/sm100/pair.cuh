// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/cluster.cuh"
#include "device/tile/ring.cuh"

// kBlocks = 2: the blocks of a pair meet at the barriers of its first block, the leader, whose
// thread issues the matrix instructions of both. kBlocks = 1: a block leads itself.
namespace mla::sm100 {

template <int kBlocks>
__device__ __forceinline__ int rank_in_pair() {
  if constexpr (kBlocks == 1) return 0;
  return ptx::cluster_ctarank();
}

template <int kBlocks>
__device__ __forceinline__ void sync_blocks() {
  if constexpr (kBlocks == 1) {
    __syncthreads();
  } else {
    ptx::barrier_cluster();
  }
}

// The cluster address of the leader's barrier.
template <int kBlocks>
__device__ __forceinline__ unsigned leader_address(ptx::Barrier& barrier) {
  if constexpr (kBlocks == 1) return ptx::shared_address(&barrier);
  return ptx::mapa(ptx::shared_address(&barrier), 0);
}

template <int kBlocks>
__device__ __forceinline__ void arrive_at_leader(ptx::Barrier& barrier) {
  if constexpr (kBlocks == 1) {
    ptx::mbarrier_arrive(barrier);
  } else {
    ptx::mbarrier_arrive_cluster(leader_address<kBlocks>(barrier));
  }
}

template <int kBlocks>
__device__ __forceinline__ void expect_at_leader(ptx::Barrier& barrier, unsigned num_bytes) {
  if constexpr (kBlocks == 1) {
    ptx::mbarrier_arrive_expect_tx(barrier, num_bytes);
  } else {
    ptx::mbarrier_arrive_expect_tx_cluster(leader_address<kBlocks>(barrier), num_bytes);
  }
}

// The leader's wait for both blocks.
template <int kBlocks>
__device__ __forceinline__ bool leader_sees(ptx::Barrier& barrier, unsigned parity) {
  if constexpr (kBlocks == 1) return ptx::mbarrier_try_wait_parity(barrier, parity);
  return ptx::mbarrier_try_wait_parity_cluster(barrier, parity);
}

// The same for who looks at two barriers in turn, and must not miss one while waiting for the
// other.
template <int kBlocks>
__device__ __forceinline__ bool leader_glances(ptx::Barrier& barrier, unsigned parity) {
  constexpr unsigned kNanoseconds = 32;
  if constexpr (kBlocks == 1) return ptx::mbarrier_try_wait_parity(barrier, parity, kNanoseconds);
  return ptx::mbarrier_try_wait_parity_cluster(barrier, parity, kNanoseconds);
}

template <int kBlocks>
__device__ __forceinline__ void leader_wait(ptx::Barrier& barrier, unsigned parity) {
  while (!leader_sees<kBlocks>(barrier, parity)) {
  }
}

}  // namespace mla::sm100
