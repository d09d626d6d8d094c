// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/wgmma_f16.cuh"
#include "device/sm90/decode_seesaw_storage.cuh"
#include "device/tile/online_softmax.cuh"
#include "device/tile/row_exponent.cuh"

namespace mla::sm90::seesaw {

// O[64 rows, 256 columns], the half of one warpgroup.
struct ValueSums {
  // Register 4 i + 2 h + e is row lane / 4 + 8 h, column 8 i + 2 (lane % 4) + e.
  float columns[128];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (float& sum : columns) sum = 0.0f;
  }

  __device__ __forceinline__ void rescale(tile::RowPair<float> factors) {
#pragma unroll
    for (int i = 0; i < 128; ++i) columns[i] *= (i & 2) ? factors.lower : factors.upper;
  }

  // The largest finite magnitude of each row; its four threads call it together.
  __device__ __forceinline__ tile::RowPair<float> largest() const {
    const auto over_columns = [this](auto magnitude) __attribute__((always_inline)) {
      tile::RowPair<float> found{0.0f, 0.0f};
#pragma unroll
      for (int i = 0; i < 128; i += 4) {
        const float* four = columns + i;
        found.upper = fmaxf(found.upper, fmaxf(magnitude(four[0]), magnitude(four[1])));
        found.lower = fmaxf(found.lower, fmaxf(magnitude(four[2]), magnitude(four[3])));
      }
      return tile::RowPair<float>{tile::quad_max(found.upper), tile::quad_max(found.lower)};
    };
    const tile::RowPair<float> found = over_columns([](float x) { return fabsf(x); });
    if (!__any_sync(~0u, found.upper == kInfinity || found.lower == kInfinity)) return found;
    return over_columns([](float x) { return tile::finite_magnitude(x); });
  }
};

// Keys past the last one hold any bytes, and 0 * NaN is NaN: the warpgroup's half of V becomes 0
// there. The scores of such keys are masked, whatever they came to.
template <DecodeConfig kConfig>
__device__ __forceinline__ void clear_absent_values(typename Storage<kConfig>::Tile& tile,
                                                    int num_keys, int half) {
  using Storage = Storage<kConfig>;
  constexpr int kVectors = Storage::kChunkBytes / 16;
  if (num_keys >= kConfig.tile_kv) return;
#pragma unroll 1
  for (int i = 0; i < Storage::kGroupChunks; ++i) {
    uint4* vectors = reinterpret_cast<uint4*>(tile.chunks[half * Storage::kGroupChunks + i][0]);
#pragma unroll 1
    for (int j = num_keys * kVectors + threadIdx.x % 128; j < kConfig.tile_kv * kVectors;
         j += 128) {
      vectors[j] = make_uint4(0, 0, 0, 0);
    }
  }
  ptx::fence_proxy_async();
  ptx::barrier_sync(kHalfBarrier + half, 128);
}

// The second operand of O += P V: a half of a tile's value columns.
template <DecodeConfig kConfig>
__device__ __forceinline__ ptx::MatrixDescriptor values_descriptor(
    const typename Storage<kConfig>::Tile& tile, int half) {
  const auto& values = tile.chunks[half * Storage<kConfig>::kGroupChunks];
  return ptx::matrix_descriptor_mn_major(ptx::shared_address(&values),
                                         8 * Storage<kConfig>::kChunkBytes, sizeof(values));
}

// Starts O += P V for the warpgroup's half of a tile, P in registers.
template <DecodeConfig kConfig>
__device__ __forceinline__ void start_value_product(ValueSums& sums,
                                                    uint4 (&p)[Storage<kConfig>::kSteps],
                                                    const typename Storage<kConfig>::Tile& tile,
                                                    int half) {
  using Storage = Storage<kConfig>;
  const ptx::MatrixDescriptor values = values_descriptor<kConfig>(tile, half);
  ptx::wgmma_fence_sums(sums.columns);
  ptx::wgmma_fence_operand(p);
  ptx::wgmma_fence();
#pragma unroll
  for (int step = 0; step < Storage::kSteps; ++step) {
    ptx::wgmma_m64n256<kConfig.dtype>(sums.columns, p[step],
                                      values.moved(step * 16 * Storage::kChunkBytes));
  }
  ptx::wgmma_commit_group();
}

// The same, P in shared memory: the warp goes on at once.
template <DecodeConfig kConfig>
__device__ __forceinline__ void start_value_product(ValueSums& sums,
                                                    const typename Storage<kConfig>::Chunk& p,
                                                    const typename Storage<kConfig>::Tile& tile,
                                                    int half) {
  using Storage = Storage<kConfig>;
  constexpr int kStepBytes = 32;
  const ptx::MatrixDescriptor values = values_descriptor<kConfig>(tile, half);
  const ptx::MatrixDescriptor weights = ptx::matrix_descriptor(
      ptx::shared_address(&p), 8 * Storage::kChunkBytes, ptx::MatrixSwizzle::k128B);
  ptx::wgmma_fence_sums(sums.columns);
  ptx::wgmma_fence();
#pragma unroll
  for (int step = 0; step < Storage::kSteps; ++step) {
    ptx::wgmma_m64n256<kConfig.dtype>(sums.columns, weights.moved(step * kStepBytes),
                                      values.moved(step * 16 * Storage::kChunkBytes));
  }
  ptx::wgmma_commit_group();
}

}  // namespace mla::sm90::seesaw
