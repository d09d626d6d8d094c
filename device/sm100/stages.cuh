// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/mbarrier.cuh"
#include "device/ptx/sync.cuh"
#include "device/tile/ring.cuh"

// What roles that load keys and values do besides loading.
namespace mla::sm100 {

// Keys past the last one hold any bytes, and 0 * NaN is NaN: a warp writes 0 to those rows of V.
template <int kNumChunks, int kNumRows, int kRowBytes>
__device__ void clear_absent_keys(unsigned char (&chunks)[kNumChunks][kNumRows][kRowBytes],
                                  int num_keys) {
  constexpr int kVectors = kRowBytes / 16;
#pragma unroll 1
  for (auto& chunk : chunks) {
    uint4* vectors = reinterpret_cast<uint4*>(chunk[0]);
    for (int i = num_keys * kVectors + ptx::laneid(); i < kNumRows * kVectors; i += 32) {
      vectors[i] = make_uint4(0, 0, 0, 0);
    }
  }
  ptx::fence_proxy_async();
  __syncwarp();
}

// Before a block ends, what was to be arrived at its barriers must have.
template <int kStages>
__device__ void drain(ptx::Barrier (&empty)[kStages], tile::Ring<kStages> ring) {
  for (int i = 0; i < kStages; ++i) {
    tile::wait(empty[ring.stage], ring.free_parity());
    ring.advance();
  }
}

}  // namespace mla::sm100
