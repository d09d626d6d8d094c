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

  // Adds a block of a tile, each row times its scale: word i has those of rows 8 i + 2 (lane % 4)
  // and the next.
  __device__ void add(int block, const float (&tile_sums)[kRegisters], const unsigned* scales) {
#pragma unroll
    for (int i = 0; i < kRegisters / 4; ++i) {
      const float even = tile::element<kTileScaleType>(scales[i], 0);
      const float odd = tile::element<kTileScaleType>(scales[i], 1);
      const float* added = tile_sums + 4 * i;
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

// Role: two warpgroups, each with half of the value columns, add up P V and store the result.
//
// The tensor cores keep 13 fraction bits of an FP8 product's running sum, and the probabilities of
// a tile are relative to its own largest score, so a tile is summed on its own and added in
// float32, times the scale of its rows.
template <DecodeConfig kConfig>
struct ValuesRole {
  using Storage = DecodeStorage<kConfig>;
  using Product = ValueProduct<kConfig>;
  static constexpr int kSteps = kConfig.tile_kv / 32;
  static constexpr int kChunks = Storage::kChunks / kNumValuesWarpgroups;  // of this warpgroup
  static constexpr int kScaleWords = 2 * kActiveScoreWarps<kConfig>;

  const DecodeParams& params;
  Storage& storage;
  const int half, lane;
  const ValueLoader loader;
  tile::Ring<Storage::kKvStages> kv;
  tile::Ring<Storage::kPStages> p;
  Product product;

  __device__ ValuesRole(const DecodeParams& decode_params, Storage& decode_storage, int column_half)
      : params(decode_params),
        storage(decode_storage),
        half(column_half),
        lane(ptx::laneid()),
        loader(ptx::warp_in_group(), lane) {}

  __device__ void read_block(unsigned (&values)[kSteps][4], int block) const {
    const unsigned columns = ptx::shared_address(storage.kv[kv.stage].latent[half * kChunks]);
#pragma unroll
    for (int step = 0; step < kSteps; ++step) loader.read(values[step], columns, block, step);
  }

  // Two words at a time: those of the 16 rows that one warp of the scores role wrote.
  __device__ void read_scales(unsigned (&scales)[kScaleWords]) const {
    const auto* pairs =
        reinterpret_cast<const uint2*>(storage.tile_scales[p.stage].lanes[lane % 4]);
#pragma unroll
    for (int i = 0; i < kScaleWords; ++i) scales[i] = tile::word(pairs[i / 2], i % 2);
  }

  // Keys past the last one hold any bytes, and 0 * NaN is NaN: their values become 0.
  __device__ void clear_missing(int num_keys) {
    for (int i = threadIdx.x % 128 + 8 * num_keys; i < 8 * kConfig.tile_kv; i += 128) {
#pragma unroll
      for (int chunk = 0; chunk < kChunks; ++chunk) {
        auto* row = storage.kv[kv.stage].latent[half * kChunks + chunk][i / 8];
        reinterpret_cast<uint4*>(row)[i % 8] = make_uint4(0, 0, 0, 0);
      }
    }
    ptx::fence_proxy_async();  // the copy engine overwrites the stage next
    ptx::barrier_sync(kFirstValuesBarrier + half, 128);
  }

  __device__ void add_tile(int num_keys) {
    tile::wait(storage.kv_full[kv.stage], kv.parity());
    tile::wait(storage.p_full[p.stage], p.parity());
    if (num_keys < kConfig.tile_kv) clear_missing(num_keys);
    if (*reinterpret_cast<const unsigned*>(storage.needs_rescale[p.stage]) != 0) {
      product.rescale(storage.rescale[p.stage], lane);
    }
    const auto probabilities = ptx::matrix_descriptor(
        ptx::shared_address(storage.p[p.stage]), 8 * kConfig.tile_kv, ptx::MatrixSwizzle::k64B);
    unsigned scales[kScaleWords];
    read_scales(scales);
    unsigned values[kSteps][4];
    read_block(values, 0);
#pragma unroll
    for (int block = 0; block < Product::kBlocks; ++block) {
      float sums[Product::kRegisters];
#pragma unroll
      for (auto& step : values) ValueLoader::permute(step);
      ptx::wgmma_fence();
#pragma unroll
      for (int step = 0; step < kSteps; ++step) {
        ptx::wgmma_e4m3(sums, values[step], probabilities.moved(32 * step), step != 0);
      }
      ptx::wgmma_commit_group();
      ptx::wgmma_wait_group<0>();
      if (block + 1 < Product::kBlocks) read_block(values, block + 1);
      product.add(block, sums, scales);
    }
    __syncwarp();
    if (lane == 0) {
      ptx::mbarrier_arrive(storage.kv_empty[kv.stage]);
      ptx::mbarrier_arrive(storage.p_empty[p.stage]);
    }
    kv.advance();
    p.advance();
  }

  __device__ void run(tile::DecodeWalk walk, int worker, int row_tile) {
    tile::Ring<1> sums;
    tile::WalkPiece piece;
    if constexpr (kConfig.tile_rows == Storage::kTileRows) ptx::keep_in_memory(walk);
    while (walk.next(piece)) {
      product.clear();
      int keys_left = tile::cached_keys(params, piece.request) - piece.tile_begin * kConfig.tile_kv;
#pragma unroll 1
      for (int tiles = piece.tile_end - piece.tile_begin; tiles > 0; --tiles) {
        add_tile(keys_left);
        keys_left -= kConfig.tile_kv;
      }
      tile::wait(storage.sums_full, sums.parity());
      sums.advance();
      store_piece<kConfig>(params, storage, product.sums, piece, worker, row_tile, half);
      __syncwarp();
      if (lane == 0) ptx::mbarrier_arrive(storage.sums_empty);
    }
  }
};

}  // namespace mla::sm90
