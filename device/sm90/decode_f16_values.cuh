// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/wgmma_f16.cuh"
#include "device/sm90/decode_f16_storage.cuh"
#include "device/sm90/decode_f16_store.cuh"
#include "device/sm90/decode_f16_sums.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/ring.cuh"

namespace mla::sm90::f16 {

// Keys past the last one hold any bytes, and 0 * NaN is NaN: the warpgroup's chunks of V become 0
// there. The scores of such keys are masked, whatever they came to.
template <DecodeConfig kConfig>
__device__ __forceinline__ void clear_absent_keys(typename Storage<kConfig>::Tile& tile,
                                                  int num_keys, int half) {
  constexpr int kVectors = Storage<kConfig>::kChunkBytes / 16;
  for (int i = 0; i < ValueSums::kBlocks * ValueSums::kBlockChunks; ++i) {
    const int chunk =
        ValueSums::first_chunk(i / ValueSums::kBlockChunks, half) + i % ValueSums::kBlockChunks;
    uint4* vectors = reinterpret_cast<uint4*>(tile.chunks[chunk][0]);
    for (int j = num_keys * kVectors + threadIdx.x % 128; j < kConfig.tile_kv * kVectors;
         j += 128) {
      vectors[j] = make_uint4(0, 0, 0, 0);
    }
  }
  ptx::fence_proxy_async();
  ptx::barrier_sync(kFirstValuesBarrier + half, 128);
}

// Starts O += P V for one block of columns.
template <DecodeConfig kConfig>
__device__ __forceinline__ void add_block(float (&sums)[64],
                                          const uint4 (&p)[Storage<kConfig>::kSteps],
                                          const typename Storage<kConfig>::Chunk& values) {
  constexpr int kChunkBytes = Storage<kConfig>::kChunkBytes;
  const ptx::MatrixDescriptor descriptor = ptx::matrix_descriptor_mn_major(
      ptx::shared_address(&values), 8 * kChunkBytes, sizeof(values));
#pragma unroll
  for (int step = 0; step < Storage<kConfig>::kSteps; ++step) {
    ptx::wgmma_m64n128<kConfig.dtype>(sums, p[step], descriptor.moved(step * 16 * kChunkBytes));
  }
  ptx::wgmma_commit_group();
}

// Adds one tile and gives its chunks back, group by group, unless the result is to leave through
// them.
template <DecodeConfig kConfig>
__device__ __forceinline__ void add_tile(ValueSums& sums, Storage<kConfig>& storage, int stage,
                                         const uint4 (&p)[Storage<kConfig>::kSteps], int half,
                                         bool gives_back) {
  auto& tile = storage.kv[stage];
  ptx::wgmma_fence();
#pragma unroll
  for (int block = 0; block < ValueSums::kBlocks; ++block) {
    add_block<kConfig>(sums.blocks[block], p, tile.chunks[ValueSums::first_chunk(block, half)]);
  }
  ptx::wgmma_wait_group<1>();
  if (gives_back) ptx::mbarrier_arrive(storage.kv_empty[stage][1]);
  ptx::wgmma_wait_group<0>();
  if (gives_back) ptx::mbarrier_arrive(storage.kv_empty[stage][2]);
#pragma unroll
  for (auto& block : sums.blocks) ptx::wgmma_fence_sums(block);
}

// Stores a finished piece and gives back the tile that it ended with.
template <DecodeConfig kConfig>
__device__ __forceinline__ void finish_piece(const DecodeParams& params, Storage<kConfig>& storage,
                                             const ValueSums& sums, const Destination& to,
                                             int last_stage, int half, int warp, int lane) {
  if (half == 0 && warp < 2) {
    const int row = 32 * warp + lane;
    store_lse(params, to, row, storage.results[row].lse);
  }
  if (last_stage < 0) {
    store_zeros<kConfig>(params, to, half);
  } else {
    store_sums<kConfig>(params, storage, storage.kv[last_stage], sums, to, half, warp, lane);
  }
  __syncwarp();
  if (lane == 0) ptx::mbarrier_arrive(storage.results_empty);
  if (last_stage >= 0 && warp == 0 && lane == 0) {
    send_chunks<kConfig>(params, storage.kv[last_stage], to, half);
    for (int group = 1; group < kKeyGroups; ++group) {
      for (int i = 0; i < kValueWarps / kNumValuesWarpgroups; ++i) {
        ptx::mbarrier_arrive(storage.kv_empty[last_stage][group]);
      }
    }
  }
  __syncwarp();
}

// Role: two warpgroups, each with half of the value columns, add up P V and store the result.
template <DecodeConfig kConfig>
__device__ void values_role(const DecodeParams& params, Storage<kConfig>& storage,
                            tile::DecodeWalk walk, int worker, int row_tile, int half) {
  using Storage = Storage<kConfig>;
  const int warp = ptx::warp_in_group(), lane = ptx::laneid();
  const int upper_row = 16 * warp + lane / 4, lower_row = upper_row + 8;
  tile::Ring<Storage::kKvStages> kv;
  tile::Ring<1> p, results;
  ValueSums sums;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int seq_len = tile::cached_keys(params, piece.request);
    int last_stage = -1;
    sums.clear();
    for (int t = piece.tile_begin; t < piece.tile_end; ++t) {
      uint4 probabilities[Storage::kSteps];
      tile::wait(storage.p_full, p.parity());
      p.advance();
#pragma unroll
      for (int step = 0; step < Storage::kSteps; ++step) {
        probabilities[step] = storage.p[warp][step][lane];
      }
      if (storage.needs_rescale[warp]) {
        sums.rescale(storage.rescale[upper_row], storage.rescale[lower_row]);
      }
      __syncwarp();
      if (lane == 0) ptx::mbarrier_arrive(storage.p_empty);

#pragma unroll
      for (int group = 1; group < kKeyGroups; ++group) {
        tile::wait(storage.kv_full[kv.stage][group], kv.parity());
      }
      const int num_keys = seq_len - t * kConfig.tile_kv;
      if (num_keys < kConfig.tile_kv) {
        clear_absent_keys<kConfig>(storage.kv[kv.stage], num_keys, half);
      }
      const bool is_last = t + 1 == piece.tile_end;
      add_tile<kConfig>(sums, storage, ptx::uniform(kv.stage), probabilities, half,
                        lane == 0 && !is_last);
      last_stage = kv.stage;
      kv.advance();
    }
    tile::wait(storage.results_full, results.parity());
    results.advance();
    finish_piece<kConfig>(params, storage, sums, Destination(params, piece, worker, row_tile),
                          last_stage, half, warp, lane);
  }
}

}  // namespace mla::sm90::f16
