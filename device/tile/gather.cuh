// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_config.h"
#include "device/abi/decode_params.h"
#include "device/ptx/cp_async.cuh"
#include "device/ptx/sync.cuh"
#include "device/tile/ring.cuh"

// Keys that warps copy row by row, where pages are too small for boxes of the copy engine. A warp
// owns 32 neighbouring rows of a tile; lane i knows where row i lies. The swizzles are the copy
// engine's.
namespace mla::tile {

inline constexpr int kGatherWarps = 2;
inline constexpr int kWarpRows = 32;
inline constexpr int kVectorBytes = 16;

// Of sm_90 kernels: arrivals that make a buffer of keys full: of the warps that gather, or of the
// one thread that tells the copy engine.
constexpr int num_loaders(const DecodeConfig& config) {
  return gathers_keys(config) ? kGatherWarps : 1;
}

// Where a key begins, in bytes from the start of the cache.
template <int kPageSize>
__device__ __forceinline__ long long key_offset(const DecodeParams& params, const int* table,
                                                int key) {
  return table[key / kPageSize] * params.cache_page_bytes +
         key % kPageSize * params.cache_row_bytes;
}

namespace warp {

// Copies kChunks chunks of kRowBytes, 64 or 128, of every row: `chunks` is
// [kChunks][kRows][kRowBytes], where the warp's rows begin at first_row, and `source` their first
// byte in the cache's first row.
template <int kChunks, int kRows, int kRowBytes>
__device__ __forceinline__ void gather(unsigned char (*chunks)[kRows][kRowBytes], int first_row,
                                       const char* source, long long row_offset) {
  constexpr int kVectors = kRowBytes / kVectorBytes;
  const int lane = ptx::laneid();
  const int vector = lane % kVectors;
  source += vector * kVectorBytes;
#pragma unroll 2
  for (int first = 0; first < kWarpRows; first += 32 / kVectors) {
    const int row = first + lane / kVectors;
    const int swizzled = vector ^ row * kRowBytes / 128 % kVectors;
    const char* from = source + __shfl_sync(~0u, row_offset, row);
    const unsigned to = ptx::shared_address(chunks[0][first_row + row]) + swizzled * kVectorBytes;
#pragma unroll
    for (int chunk = 0; chunk < kChunks; ++chunk) {
      ptx::cp_async_16(to + chunk * kRows * kRowBytes, from + chunk * kRowBytes);
    }
  }
}

}  // namespace warp

// The buffers of a ring that a warp fills with copies. One is full for its readers when its copies
// have landed, which the warp looks after kLag buffers later: so many are on their way at once.
template <int kBuffers, int kLag, auto kArrive = ptx::mbarrier_arrive>
struct LandingRing {
  ptx::Barrier* full;  // [kBuffers], an arrival of each warp that gathers
  Ring<kBuffers> landing = {};
  int num_flying = 0;

  // After the copies of the next buffer were issued.
  __device__ __forceinline__ void launched() {
    ptx::cp_async_commit_group();
    if (++num_flying <= kLag) return;
    ptx::cp_async_wait_group<kLag>();
    land();
  }

  __device__ __forceinline__ void finish() {
    ptx::cp_async_wait_group<0>();
    while (num_flying > 0) land();
  }

  // Every lane's bytes must be visible to the matrix instructions before one lane says so.
  __device__ __forceinline__ void land() {
    ptx::fence_proxy_async();
    __syncwarp();
    if (ptx::laneid() == 0) kArrive(full[landing.stage]);
    landing.advance();
    --num_flying;
  }
};

}  // namespace mla::tile
