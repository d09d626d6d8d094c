// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/ldmatrix.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/tile/vector.cuh"

namespace mla::sm90 {

// The value product is computed transposed, O^T[d, rows] += V^T[d, keys] P^T[keys, rows]: the
// tensor cores want FP8 operands with the summed dimension innermost, which P has and V has not, so
// V^T goes through registers. One warpgroup owns half of the 512 columns of V, four blocks of 64
// (16 a warp).
template <DecodeConfig kConfig>
struct ValueProduct {
  static constexpr int kBlocks = kConfig.latent_dim / kNumValuesWarpgroups / 64;
  static constexpr int kRegisters = kConfig.tile_rows / 2;

  // Accumulators: register 4 i + 2 h + e of block b is column d = 64 b + 16 warp + 2 (lane / 4) + h
  // of row 8 i + 2 (lane % 4) + e.
  float sums[kBlocks][kRegisters];

  __device__ void clear() {
#pragma unroll
    for (auto& block : sums) {
#pragma unroll
      for (float& sum : block) sum = 0.0f;
    }
  }

  // Adds a block of a span, each row times its scale: word i of `scales` has those of rows 8 i + 2
  // (lane % 4) and the next. Two words at a time are those that one warp of the scores role wrote.
  __device__ void add(int block, const float (&span_sums)[kRegisters], const uint2* scales) {
#pragma unroll
    for (int i = 0; i < kRegisters / 4; ++i) {
      const unsigned pair = tile::word(scales[i / 2], i % 2);
      const float even = tile::element<kSpanScaleType>(pair, 0);
      const float odd = tile::element<kSpanScaleType>(pair, 1);
      const float* added = span_sums + 4 * i;
      float* target = sums[block] + 4 * i;
      target[0] = fmaf(added[0], even, target[0]);
      target[1] = fmaf(added[1], odd, target[1]);
      target[2] = fmaf(added[2], even, target[2]);
      target[3] = fmaf(added[3], odd, target[3]);
    }
  }

  __device__ void rescale(const float* row_factors, int lane) {
#pragma unroll
    for (int i = 0; i < kConfig.tile_rows / 8; ++i) {
      const float2 factor = *reinterpret_cast<const float2*>(row_factors + 8 * i + 2 * (lane % 4));
#pragma unroll
      for (auto& block : sums) {
        block[4 * i] *= factor.x;
        block[4 * i + 1] *= factor.y;
        block[4 * i + 2] *= factor.x;
        block[4 * i + 3] *= factor.y;
      }
    }
  }
};

// Reads V^T of 16 columns (this warp's, of one 64-column block) and 32 keys as the A operand.
// ldmatrix brings pairs of neighbouring columns; the permutations put even columns in rows 0-7 of
// the operand and odd ones in rows 8-15. Its keys come in the order in which probabilities() stores
// them.
struct ValueLoader {
  static constexpr unsigned kRowBytes = 128;
  static constexpr unsigned kChunkBytes = 64 * kRowBytes;  // two blocks of columns

  unsigned lane_offset;  // of the lane's key and the warp's 16 columns

  __device__ ValueLoader(int warp, int lane)
      : lane_offset(lane * kRowBytes + ((warp ^ (lane % 8)) << 4)) {}

  // Block b covers columns 64 b .. 64 b + 63 from `columns` on; a step is 32 keys.
  __device__ void read(unsigned (&pairs)[4], unsigned columns, int block, int step) const {
    ptx::ldmatrix_x4_trans(pairs, columns + step * 32 * kRowBytes + block / 2 * kChunkBytes +
                                      (lane_offset ^ (block % 2 * 64)));
  }

  static __device__ void permute(unsigned (&values)[4]) {
    const unsigned low[2] = {values[0], values[1]}, high[2] = {values[2], values[3]};
    values[0] = ptx::prmt(low[0], low[1], 0x6420);
    values[1] = ptx::prmt(low[0], low[1], 0x7531);
    values[2] = ptx::prmt(high[0], high[1], 0x6420);
    values[3] = ptx::prmt(high[0], high[1], 0x7531);
  }
};

}  // namespace mla::sm90
