// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/wgmma_n128.cuh"
#include "device/sm90/prefill_storage.cuh"
#include "device/tile/online_softmax.cuh"

namespace mla::sm90::prefill {

inline constexpr int kStepBytes = 32;     // of the summed dimension, a product takes
inline constexpr int kAccumulators = 64;  // a thread has of 64 rows and 128 columns

// The first operand of the value product holds the keys of so many steps.
template <PrefillConfig kConfig>
inline constexpr int kValueSteps = kConfig.tile_kv * size_bytes(kConfig.dtype) / kStepBytes;

template <PrefillConfig kConfig>
using Probabilities = uint4[kValueSteps<kConfig>];

// Starts S[64, 128] = Q K^T for the 64 queries of a warpgroup.
template <PrefillConfig kConfig>
__device__ __forceinline__ void start_scores(float (&scores)[kAccumulators],
                                             Storage<kConfig>& storage, int stage, int group) {
  using Storage = Storage<kConfig>;
  constexpr int kChunkBytes = Storage::kChunkBytes;
  constexpr auto kSwizzle =
      kChunkBytes == 128 ? ptx::MatrixSwizzle::k128B : ptx::MatrixSwizzle::k64B;
  const auto operand = [](const unsigned char* rows) {
    return ptx::matrix_descriptor(ptx::shared_address(rows), 8 * kChunkBytes, kSwizzle);
  };
  const ptx::MatrixDescriptor query = operand(storage.query.chunks[0][64 * group]);
  const ptx::MatrixDescriptor keys = operand(storage.keys[stage].chunks[0][0]);
  ptx::wgmma_fence_sums(scores);
  ptx::wgmma_fence();
#pragma unroll
  for (int chunk = 0; chunk < Storage::kChunks; ++chunk) {
#pragma unroll
    for (int byte = 0; byte < kChunkBytes; byte += kStepBytes) {
      ptx::wgmma_m64n128_k_major<kConfig.dtype>(
          scores, query.moved(chunk * kConfig.tile_q * kChunkBytes + byte),
          keys.moved(chunk * kConfig.tile_kv * kChunkBytes + byte), chunk + byte != 0);
    }
  }
  ptx::wgmma_commit_group();
}

// Starts O[64, 128] += P V, or = P V where the columns of V are transposed.
template <PrefillConfig kConfig>
__device__ __forceinline__ void start_values(float (&sums)[kAccumulators],
                                             Probabilities<kConfig>& p, Storage<kConfig>& storage,
                                             int stage) {
  using Storage = Storage<kConfig>;
  ptx::wgmma_fence_sums(sums);
  ptx::wgmma_fence_operand(p);
  ptx::wgmma_fence();
  if constexpr (Storage::kTransposes) {
    const auto& values = storage.transposed.stages[stage];
    const ptx::MatrixDescriptor descriptor = ptx::matrix_descriptor(
        ptx::shared_address(&values), 8 * values.kRowBytes, ptx::MatrixSwizzle::k128B);
#pragma unroll
    for (int step = 0; step < kValueSteps<kConfig>; ++step) {
      ptx::wgmma_m64n128_e4m3<kConfig.dtype>(sums, p[step], descriptor.moved(step * kStepBytes),
                                             step != 0);
    }
  } else {
    constexpr int kRowBytes = Storage::kValueChunkBytes;
    const auto& values = storage.values[stage];
    const ptx::MatrixDescriptor descriptor = ptx::matrix_descriptor_mn_major(
        ptx::shared_address(&values), 8 * kRowBytes, sizeof(values.chunks[0]));
#pragma unroll
    for (int step = 0; step < kValueSteps<kConfig>; ++step) {
      ptx::wgmma_m64n128<kConfig.dtype>(sums, p[step], descriptor.moved(step * 16 * kRowBytes));
    }
  }
  ptx::wgmma_commit_group();
}

// What a warpgroup has added up: 64 rows, 128 columns, float32.
//
// The tensor cores keep 13 fraction bits of an FP8 product's running sum, so a tile of 8-bit values
// is summed on its own and added here. 16-bit ones are added up by the tensor cores.
template <PrefillConfig kConfig, bool kAddsTiles = transposes_values(kConfig)>
struct ValueSums {
  float sums[kAccumulators];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (float& sum : sums) sum = 0.0f;
  }

  __device__ __forceinline__ float (&in_flight())[kAccumulators] { return sums; }
  __device__ __forceinline__ void add_tile() {}

  // Accumulators 4 i + 0, 1 are of the upper row, 4 i + 2, 3 of the lower one.
  __device__ __forceinline__ void rescale(tile::RowPair<float> factors) {
    if (!__any_sync(~0u, factors.upper != 1.0f || factors.lower != 1.0f)) return;
#pragma unroll
    for (int i = 0; i < kAccumulators; ++i) sums[i] *= i & 2 ? factors.lower : factors.upper;
  }
};

template <PrefillConfig kConfig>
struct ValueSums<kConfig, true> {
  float sums[kAccumulators];
  float tile_sums[kAccumulators];
  tile::RowPair<float> pending;  // what the sums are to be multiplied by

  __device__ __forceinline__ void clear() {
    pending = {1.0f, 1.0f};
#pragma unroll
    for (float& sum : sums) sum = 0.0f;
  }

  __device__ __forceinline__ float (&in_flight())[kAccumulators] { return tile_sums; }
  __device__ __forceinline__ void add_tile() {
#pragma unroll
    for (int i = 0; i < kAccumulators; ++i) {
      sums[i] = fmaf(sums[i], i & 2 ? pending.lower : pending.upper, tile_sums[i]);
    }
  }

  __device__ __forceinline__ void rescale(tile::RowPair<float> factors) { pending = factors; }
};

}  // namespace mla::sm90::prefill
