// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/cvt.cuh"
#include "device/ptx/ldmatrix.cuh"
#include "device/ptx/sync.cuh"
#include "device/ptx/wgmma.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/sm90/decode_fp8_store.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/ring.cuh"

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

  // The factors of the rows 8 i + 2 (lane % 4) and the next.
  __device__ static float2 factors_of(const float* rows, int i, int lane) {
    return *reinterpret_cast<const float2*>(rows + 8 * i + 2 * (lane % 4));
  }

  __device__ void add(int block, const float (&tile_sums)[kRegisters], const float* row_scales,
                      int lane) {
#pragma unroll
    for (int i = 0; i < kConfig.tile_rows / 8; ++i) {
      const float2 scale = factors_of(row_scales, i, lane);
      float* target = sums[block] + 4 * i;
      target[0] = fmaf(tile_sums[4 * i], scale.x, target[0]);
      target[1] = fmaf(tile_sums[4 * i + 1], scale.y, target[1]);
      target[2] = fmaf(tile_sums[4 * i + 2], scale.x, target[2]);
      target[3] = fmaf(tile_sums[4 * i + 3], scale.y, target[3]);
    }
  }

  __device__ void rescale(const float* row_factors, int lane) {
#pragma unroll
    for (int i = 0; i < kConfig.tile_rows / 8; ++i) {
      const float2 factor = factors_of(row_factors, i, lane);
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
  int lane;
  unsigned lane_offset;    // of the lane's key and the warp's column chunk, in rows of 128 bytes
  unsigned present[2][2];  // masks of the keys that exist, [step][half of 16 keys]

  __device__ ValueLoader(int warp, int lane_index) : lane(lane_index) {
    lane_offset = lane * 128 + ((warp ^ (lane % 8)) << 4);
    set_num_keys(64);
  }

  // Keys past the last one hold any bytes, and 0 * NaN is NaN: their values become 0.
  __device__ void set_num_keys(int num_keys) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      unsigned mask = 0;
#pragma unroll
      for (int byte = 0; byte < 4; ++byte) {
        const int key = 16 * i + 8 * (byte / 2) + 2 * (lane % 4) + byte % 2;
        mask |= key < num_keys ? 0xffu << (8 * byte) : 0u;
      }
      present[i / 2][i % 2] = mask;
    }
  }

  // Block b covers columns 64 b .. 64 b + 63 from `columns` on, two blocks to a row of 128 bytes.
  __device__ void load(unsigned (&operand)[4], unsigned columns, int block, int step) const {
    unsigned pairs[4];
    ptx::ldmatrix_x4_trans(pairs, columns + step * 32 * 128 + (lane_offset ^ (block % 2 * 64)));
    operand[0] = ptx::prmt(pairs[0], pairs[1], 0x6420) & present[step][0];
    operand[1] = ptx::prmt(pairs[0], pairs[1], 0x7531) & present[step][0];
    operand[2] = ptx::prmt(pairs[2], pairs[3], 0x6420) & present[step][1];
    operand[3] = ptx::prmt(pairs[2], pairs[3], 0x7531) & present[step][1];
  }
};

// Adds one tile. The tensor cores keep 13 fraction bits of an FP8 product's running sum, and its
// probabilities are relative to its own largest score, so a tile is summed on its own and added in
// float32, times the scale of its rows. The next block's values are read while this one
// multiplies.
template <DecodeConfig kConfig>
__device__ void add_tile(ValueProduct<kConfig>& product, DecodeStorage<kConfig>& storage,
                         const ValueLoader& loader, int kv_stage, int p_stage, int half) {
  using Product = ValueProduct<kConfig>;
  using Storage = DecodeStorage<kConfig>;
  constexpr int kSteps = kConfig.tile_kv / 32;
  constexpr int kChunksPerHalf = Storage::kChunks / kNumValuesWarpgroups;
  const ptx::MatrixDescriptor p = ptx::matrix_descriptor(
      ptx::shared_address(storage.p[p_stage]), 8 * kConfig.tile_kv, ptx::MatrixSwizzle::k64B);
  const unsigned columns = ptx::shared_address(storage.kv[kv_stage].latent[half * kChunksPerHalf]);
  constexpr int kChunkTileBytes = kConfig.tile_kv * Storage::kChunkBytes;

  unsigned values[2][kSteps][4];
#pragma unroll
  for (int step = 0; step < kSteps; ++step) loader.load(values[0][step], columns, 0, step);
#pragma unroll
  for (int b = 0; b < Product::kBlocks; ++b) {
    float tile_sums[Product::kRegisters];
    ptx::wgmma_fence();
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      ptx::wgmma_e4m3(tile_sums, values[b % 2][step], p.moved(32 * step), step != 0);
    }
    ptx::wgmma_commit_group();
    if (b + 1 < Product::kBlocks) {
#pragma unroll
      for (int step = 0; step < kSteps; ++step) {
        loader.load(values[(b + 1) % 2][step], columns + (b + 1) / 2 * kChunkTileBytes, b + 1,
                    step);
      }
    }
    ptx::wgmma_wait_group<0>();
    product.add(b, tile_sums, storage.tile_scale[p_stage], loader.lane);
  }
}

// Role: two warpgroups, each with half of the value columns, add up P V and store the result.
template <DecodeConfig kConfig>
__device__ void values_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                            tile::DecodeWalk walk, int worker, int row_tile, int half) {
  using Storage = DecodeStorage<kConfig>;
  const int warp = ptx::warp_in_group(), lane = ptx::laneid();
  tile::Ring<Storage::kKvStages> kv;
  tile::Ring<Storage::kPStages> p;
  tile::Ring<1> sums;
  ValueProduct<kConfig> product;
  ValueLoader loader(warp, lane);
  SplitRequest unfinished{-1, 0};
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int seq_len = tile::cached_keys(params, piece.request);
    product.clear();
    loader.set_num_keys(kConfig.tile_kv);
    for (int t = piece.tile_begin; t < piece.tile_end; ++t) {
      tile::wait(storage.kv_full[kv.stage], kv.parity());
      tile::wait(storage.p_full[p.stage], p.parity());
      if (*reinterpret_cast<const unsigned*>(storage.needs_rescale[p.stage]) != 0) {
        product.rescale(storage.rescale[p.stage], lane);
      }
      const int num_keys = seq_len - t * kConfig.tile_kv;
      if (num_keys < kConfig.tile_kv) loader.set_num_keys(num_keys);
      add_tile<kConfig>(product, storage, loader, kv.stage, p.stage, half);
      __syncwarp();
      if (lane == 0) {
        ptx::mbarrier_arrive(storage.kv_empty[kv.stage]);
        ptx::mbarrier_arrive(storage.p_empty[p.stage]);
      }
      kv.advance();
      p.advance();
    }
    tile::wait(storage.sums_full, sums.parity());
    sums.advance();
    store_piece<kConfig>(params, storage, product.sums, piece, worker, row_tile, half, warp, lane);
    __syncwarp();
    if (lane == 0) ptx::mbarrier_arrive(storage.sums_empty);
    if (piece.is_head && piece.is_split) unfinished = {piece.request, piece.last_worker};
  }
  if (params.splits_requests && row_tile == 0 && half == 0 && warp == 0 && lane == 0) {
    params.splits[worker] = unfinished;
  }
}

}  // namespace mla::sm90
