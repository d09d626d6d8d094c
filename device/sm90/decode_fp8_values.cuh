// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/wgmma.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/sm90/decode_fp8_store.cuh"
#include "device/sm90/decode_fp8_sums.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/ring.cuh"

namespace mla::sm90 {

// Role: two warpgroups, each with half of the value columns, add up P V and store the result.
//
// The tensor cores keep 13 fraction bits of an FP8 product's running sum, and the probabilities of
// a span are relative to its own largest score, so a span is summed on its own and added in
// float32, times the scale of its rows. The more tiles a span, the fewer such sums, each of which
// is waited for some 200 clocks longer than it takes.
template <DecodeConfig kConfig>
struct ValuesRole {
  using Storage = DecodeStorage<kConfig>;
  using Product = ValueProduct<kConfig>;
  static constexpr int kSteps = kConfig.tile_kv / 32;                      // of a tile
  static constexpr int kChunks = Storage::kChunks / kNumValuesWarpgroups;  // of this warpgroup

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

  template <int kTiles>
  __device__ void read_block(unsigned (&values)[kTiles * kSteps][4], const int (&stages)[kTiles],
                             int block) const {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
      const unsigned columns =
          ptx::opaque(ptx::shared_address(storage.kv[stages[i]].latent[half * kChunks]));
#pragma unroll
      for (int step = 0; step < kSteps; ++step) {
        loader.read(values[i * kSteps + step], columns, block, step);
      }
    }
  }

  // Keys past the last one hold any bytes, and 0 * NaN is NaN: their values become 0.
  __device__ void clear_missing(int stage, int num_keys) {
#pragma unroll 1
    for (int i = threadIdx.x % 128 + 8 * num_keys; i < 8 * kConfig.tile_kv; i += 128) {
#pragma unroll
      for (int chunk = 0; chunk < kChunks; ++chunk) {
        auto* row = storage.kv[stage].latent[half * kChunks + chunk][i / 8];
        reinterpret_cast<uint4*>(row)[i % 8] = make_uint4(0, 0, 0, 0);
      }
    }
    ptx::fence_proxy_async();  // the copy engine overwrites the stage next
    ptx::barrier_sync(kFirstValuesBarrier + half, 128);
  }

  // The span of the next kTiles tiles; num_keys are left from its first one on.
  template <int kTiles>
  __device__ void add_span(int num_keys) {
    int stages[kTiles];
#pragma unroll
    for (int& stage : stages) {
      stage = ptx::uniform(kv.stage);
      kv.advance();
    }
    tile::wait(storage.p_full[p.stage], p.parity());
    if (num_keys < kTiles * kConfig.tile_kv) {
      clear_missing(stages[kTiles - 1], num_keys - (kTiles - 1) * kConfig.tile_kv);
    }
    if (*reinterpret_cast<const unsigned*>(storage.needs_rescale[p.stage]) != 0) {
      product.rescale(storage.rescale[p.stage], lane);
    }
    const auto* scales =
        reinterpret_cast<const uint2*>(storage.span_scales[p.stage].lanes[lane % 4]);
    unsigned values[kTiles * kSteps][4];
    read_block<kTiles>(values, stages, 0);
#pragma unroll
    for (int block = 0; block < Product::kBlocks; ++block) {
      float sums[Product::kRegisters];
#pragma unroll
      for (auto& step : values) ValueLoader::permute(step);
      ptx::wgmma_fence();
#pragma unroll
      for (int step = 0; step < kTiles * kSteps; ++step) {
        const unsigned p_tile = ptx::shared_address(storage.kv[stages[step / kSteps]].rope);
        const auto probabilities = ptx::matrix_descriptor(ptx::opaque(p_tile), 8 * kConfig.tile_kv,
                                                          ptx::MatrixSwizzle::k64B);
        ptx::wgmma_e4m3(sums, values[step], probabilities.moved(32 * (step % kSteps)), step != 0);
      }
      ptx::wgmma_commit_group();
      ptx::wgmma_wait_group<0>();
      if (block + 1 < Product::kBlocks) read_block<kTiles>(values, stages, block + 1);
      product.add(block, sums, scales);
    }
    __syncwarp();
    if (lane == 0) {
#pragma unroll
      for (const int stage : stages) ptx::mbarrier_arrive(storage.kv_empty[stage]);
      ptx::mbarrier_arrive(storage.p_empty[p.stage]);
    }
    p.advance();
  }

  __device__ void run(tile::DecodeWalk walk, int worker, int row_tile) {
    tile::Ring<1> sums;
    tile::WalkPiece piece;
    if constexpr (kConfig.tile_rows == Storage::kTileRows) {
      ptx::keep_in_memory(walk);
      ptx::keep_in_memory(piece);
    }
    while (walk.next(piece)) {
      product.clear();
      int keys_left = tile::cached_keys(params, piece.request) - piece.tile_begin * kConfig.tile_kv;
      int tiles_left = piece.tile_end - piece.tile_begin;
#pragma unroll 1
      for (; tiles_left >= 2; tiles_left -= 2) {
        add_span<2>(keys_left);
        keys_left -= 2 * kConfig.tile_kv;
      }
      if (tiles_left > 0) add_span<1>(keys_left);
      tile::wait(storage.sums_full, sums.parity());
      sums.advance();
      store_piece<kConfig>(params, storage, product.sums, piece, worker, row_tile, half);
      __syncwarp();
      if (lane == 0) ptx::mbarrier_arrive(storage.sums_empty);
    }
  }
};

}  // namespace mla::sm90
