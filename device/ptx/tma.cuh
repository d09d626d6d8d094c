// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/mbarrier.cuh"

// PTX ISA "cp.async.bulk.tensor": the copy engine.
namespace mla::ptx {

// Loads a box of a rank-4 tensor into this block's shared memory; its bytes count on `barrier`.
__device__ __forceinline__ void cp_async_bulk_tensor_4d(void* destination, const void* tensor_map,
                                                        Barrier& barrier, int x0, int x1, int x2,
                                                        int x3) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%3, %4, %5, %6}], [%2];" ::"r"(shared_address(destination)),
      "l"(tensor_map), "r"(shared_address(&barrier)), "r"(x0), "r"(x1), "r"(x2), "r"(x3)
      : "memory");
}

// The same, for lines that leave the L2 first: createpolicy's encoding of "evict_first" for all.
__device__ __forceinline__ void cp_async_bulk_tensor_4d_evict_first(void* destination,
                                                                    const void* tensor_map,
                                                                    Barrier& barrier, int x0,
                                                                    int x1, int x2, int x3) {
  constexpr unsigned long long kEvictFirst = 0x12f0000000000000;
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
      ".L2::cache_hint [%0], [%1, {%3, %4, %5, %6}], [%2], %7;" ::"r"(shared_address(destination)),
      "l"(tensor_map), "r"(shared_address(&barrier)), "r"(x0), "r"(x1), "r"(x2), "r"(x3),
      "l"(kEvictFirst)
      : "memory");
}

// The same for kGroup = 2 blocks of a pair, where `barrier`, a cluster address, may be the peer's.
template <int kGroup>
__device__ __forceinline__ void cp_async_bulk_tensor_4d_group(void* destination,
                                                              const void* tensor_map,
                                                              unsigned barrier, int x0, int x1,
                                                              int x2, int x3) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
      ".cta_group::%7 [%0], [%1, {%3, %4, %5, %6}], [%2];" ::"r"(shared_address(destination)),
      "l"(tensor_map), "r"(barrier), "r"(x0), "r"(x1), "r"(x2), "r"(x3), "n"(kGroup)
      : "memory");
}

// PTX ISA: cp.async.bulk.tensor, from this block's shared memory to a box of a rank-4 tensor.
__device__ __forceinline__ void cp_async_bulk_tensor_4d_store(const void* tensor_map,
                                                              const void* source, int x0, int x1,
                                                              int x2, int x3) {
  asm volatile(
      "cp.async.bulk.tensor.4d.global.shared::cta.tile.bulk_group "
      "[%0, {%2, %3, %4, %5}], [%1];" ::"l"(tensor_map),
      "r"(shared_address(source)), "r"(x0), "r"(x1), "r"(x2), "r"(x3)
      : "memory");
}

// Closes a group of this thread's stores, and waits until all its groups have read their source.
__device__ __forceinline__ void cp_async_bulk_commit_group() {
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

__device__ __forceinline__ void cp_async_bulk_wait_group_read() {
  asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
}

__device__ __forceinline__ void prefetch_tensormap(const void* tensor_map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(tensor_map) : "memory");
}

}  // namespace mla::ptx
