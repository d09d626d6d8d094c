// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/sm90/decode_f16_storage.cuh"
#include "device/tile/online_softmax.cuh"
#include "device/tile/row_exponent.cuh"

namespace mla::sm90::f16 {

// O[64 rows, 256 columns] of one warpgroup: two blocks of 128 columns, one in each half of the
// latent, so that both warpgroups are done with the first half of a key tile at the same time.
//
//   chunk       0   1   2   3   4   5   6   7
//   warpgroup   0   0   1   1   0   0   1   1
//   block       0   0   0   0   1   1   1   1
//   key group   1   1   1   1   2   2   2   2
struct ValueSums {
  static constexpr int kBlocks = kKeyGroups - 1;
  static constexpr int kBlockChunks = 2;

  // Register 4 i + 2 h + e of a block is row lane / 4 + 8 h, column 8 i + 2 (lane % 4) + e.
  float blocks[kBlocks][64];

  __device__ static constexpr int first_chunk(int block, int half) {
    return (block * kNumValuesWarpgroups + half) * kBlockChunks;
  }

  __device__ void clear() {
#pragma unroll
    for (auto& block : blocks) {
#pragma unroll
      for (float& sum : block) sum = 0.0f;
    }
  }

  __device__ void rescale(float upper, float lower) {
#pragma unroll
    for (auto& block : blocks) {
#pragma unroll
      for (int i = 0; i < 64; ++i) block[i] *= (i & 2) ? lower : upper;
    }
  }

  // The largest finite magnitude of each row; its four threads call it together.
  __device__ tile::RowPair<float> largest() const {
    const auto over_columns = [this](auto magnitude) {
      tile::RowPair<float> found{0.0f, 0.0f};
#pragma unroll
      for (const auto& block : blocks) {
#pragma unroll
        for (int i = 0; i < 64; i += 4) {
          found.upper = fmaxf(found.upper, fmaxf(magnitude(block[i]), magnitude(block[i + 1])));
          found.lower = fmaxf(found.lower, fmaxf(magnitude(block[i + 2]), magnitude(block[i + 3])));
        }
      }
      return tile::RowPair<float>{tile::quad_max(found.upper), tile::quad_max(found.lower)};
    };
    const tile::RowPair<float> found = over_columns([](float x) { return fabsf(x); });
    if (!__any_sync(~0u, found.upper == kInfinity || found.lower == kInfinity)) return found;
    return over_columns([](float x) { return tile::finite_magnitude(x); });
  }
};

}  // namespace mla::sm90::f16
