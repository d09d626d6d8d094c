// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/griddepcontrol.cuh"
#include "device/sm90/decode_seesaw_load.cuh"
#include "device/sm90/decode_seesaw_turns.cuh"
#include "device/tile/clear_rows.cuh"

// Decode in bfloat16 and float16 for more rows than a tile has. A block is one worker of one row
// tile: it walks its stretch of the key line and leaves each piece in `out` or in a partial slot,
// which decode_merge joins.
//
//   role      warps  waits for                produces
//   leader    4      chunk_full, query_full,  P of even tiles; kv_empty of the rope chunks and the
//                    p_full of the follower   left value columns; left half of out
//   follower  4      chunk_full, query_full,  P of odd tiles; kv_empty of the right value columns;
//                    p_full of the leader     right half of out
//   loader    4 x 1  kv_empty; query_empty    chunk_full; query_full   (copy engine)
namespace mla::sm90 {

namespace seesaw {

template <DecodeConfig kConfig>
__device__ void init_barriers(Storage<kConfig>& storage) {
  ptx::mbarrier_init(storage.query_full, 1);
  ptx::mbarrier_init(storage.query_empty, kNumHalves * kGroupWarps);
  for (int stage = 0; stage < Storage<kConfig>::kKvStages; ++stage) {
    for (int group = 0; group < kKeyGroups; ++group) {
      ptx::mbarrier_init(storage.kv_empty[stage][group], kGroupWarps);
    }
    for (auto& chunk_full : storage.chunk_full[stage]) ptx::mbarrier_init(chunk_full, 1);
  }
  for (auto& p_full : storage.p_full) ptx::mbarrier_init(p_full, kGroupWarps);
  ptx::fence_mbarrier_init();
}

// The copy engine fills rows_per_tile rows of the query; the others take part in the products too.
template <DecodeConfig kConfig>
__device__ void clear_absent_rows(Storage<kConfig>& storage, int rows_per_tile) {
#pragma unroll 1
  for (auto& chunk : storage.query.chunks) {
    tile::cta::clear_rows(chunk, rows_per_tile, kDecodeThreads);
  }
  ptx::fence_proxy_async();
}

}  // namespace seesaw

template <DecodeConfig kConfig>
__device__ __forceinline__ void decode_seesaw(const DecodeParams& params) {
  static_assert(seesaw::kFitsPlannedSmem<kConfig>);
  extern __shared__ __align__(1024) unsigned char shared_bytes[];
  auto& storage = *reinterpret_cast<seesaw::Storage<kConfig>*>(shared_bytes);
  const int worker = blockIdx.x / params.num_row_tiles;
  const int row_tile = blockIdx.x % params.num_row_tiles;
  if (threadIdx.x == 0) seesaw::init_barriers<kConfig>(storage);
  if (threadIdx.x == 32) {
    ptx::prefetch_tensormap(&params.query_latent);
    ptx::prefetch_tensormap(&params.query_rope);
    ptx::prefetch_tensormap(&params.cache_latent);
    ptx::prefetch_tensormap(&params.cache_rope);
    ptx::prefetch_tensormap(&params.out_map);
    if (params.splits_requests) ptx::prefetch_tensormap(&params.partial_map);
  }
  if (params.rows_per_tile < seesaw::Storage<kConfig>::kTileRows) {
    seesaw::clear_absent_rows<kConfig>(storage, params.rows_per_tile);
  }
  __syncthreads();
  ptx::griddepcontrol_wait();
  ptx::griddepcontrol_launch_dependents();  // after the wait: the merge reads the lengths at once
  const tile::DecodeWalk walk = tile::start_walk(params, kConfig.tile_kv, worker);

  switch (threadIdx.x / 128) {
    case seesaw::kLoader:
      ptx::setmaxnreg_dec<40>();
      seesaw::load_roles<kConfig>(params, storage, walk, row_tile);
      break;
    default: {
      ptx::setmaxnreg_inc<232>();
      const int half = ptx::uniform(threadIdx.x / 128);
      seesaw::math_role<kConfig>(params, storage, walk, worker, row_tile, half);
    }
  }
}

template <DecodeConfig kConfig>
__global__ void __launch_bounds__(seesaw::kDecodeThreads, 1)
    decode_seesaw_kernel(const __grid_constant__ DecodeParams params) {
  decode_seesaw<kConfig>(params);
}

}  // namespace mla::sm90
