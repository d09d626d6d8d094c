// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/griddepcontrol.cuh"
#include "device/sm100/decode_gather.cuh"
#include "device/sm100/decode_load.cuh"
#include "device/sm100/decode_products.cuh"
#include "device/sm100/decode_softmax.cuh"

// Decode for up to 64 rows a block, alone or with its pair's other block, in FP8, bfloat16 and
// float16. A block, or a pair, is one worker: it walks its stretch of the key line and leaves each
// piece in `out` or in a partial slot, which decode_merge joins.
//
//   role      warps  waits for                  produces
//   softmax   4      scores_full, p_empty       p_full: P, and O rescaled; the result
//   keys      1      key_empty                  key_full
//   values    1      value_empty                value_full, of a pair only
//   query     1      query_empty                query_full
//   products  1      key_full, query_full;      scores_full, query_empty, key_empty;
//                    value_full, p_full         p_empty, value_empty
//
// A block alone holds all keys of a tile, which are its V as well. Of a pair, each block holds half
// of a tile's keys and, of all its keys, half of V's columns; the leader's thread issues for both.
namespace mla::sm100 {

template <DecodeConfig kConfig>
__device__ void init_barriers(DecodeStorage<kConfig>& storage) {
  constexpr unsigned kBlocks = kConfig.cluster_size;
  const auto init_all = [](auto& barriers, unsigned num_arrivals) {
    for (ptx::Barrier& barrier : barriers) ptx::mbarrier_init(barrier, num_arrivals);
  };
  ptx::mbarrier_init(storage.query_full, kBlocks);
  ptx::mbarrier_init(storage.query_empty, 1);
  ptx::mbarrier_init(storage.tail_loaded, 1);
  init_all(storage.key_full, kBlocks);
  init_all(storage.key_empty, 1);
  init_all(storage.value_full, kBlocks);
  init_all(storage.value_empty, 1);
  init_all(storage.scores_full, 1);
  init_all(storage.p_full, kSoftmaxWarps * kBlocks);
  init_all(storage.p_empty, 1);
  ptx::fence_mbarrier_init();
}

// The copy engine fills rows_per_tile rows of the query; the others take part in the products too.
template <DecodeConfig kConfig>
__device__ void clear_absent_rows(DecodeStorage<kConfig>& storage, int rows_per_tile) {
  const auto clear = [rows_per_tile](auto& chunk) {
    constexpr int kRowVectors = sizeof(chunk[0]) / 16;
    uint4* vectors = reinterpret_cast<uint4*>(&chunk);
    for (int i = rows_per_tile * kRowVectors + threadIdx.x; i < int(sizeof(chunk)) / 16;
         i += kSm100DecodeThreads) {
      vectors[i] = make_uint4(0, 0, 0, 0);
    }
  };
  for (auto& chunk : storage.query.latent) clear(chunk);
  clear(storage.query.rope);
  ptx::fence_proxy_async();
}

template <DecodeConfig kConfig>
__device__ void prefetch_maps(const DecodeParams& params) {
  ptx::prefetch_tensormap(&params.query_latent);
  ptx::prefetch_tensormap(&params.query_rope);
  ptx::prefetch_tensormap(&params.cache_latent);
  ptx::prefetch_tensormap(&params.cache_rope);
}

template <DecodeConfig kConfig>
__device__ __forceinline__ void keys_role(const DecodeParams& params,
                                          DecodeStorage<kConfig>& storage,
                                          const tile::DecodeWalk& walk, int rank) {
  if constexpr (gathers_keys(kConfig)) {
    gather_keys_role<kConfig>(params, storage, walk, rank);
  } else {
    load_keys_role<kConfig>(params, storage, walk, rank);
  }
}

template <DecodeConfig kConfig>
__device__ __forceinline__ void values_role(const DecodeParams& params,
                                            DecodeStorage<kConfig>& storage,
                                            const tile::DecodeWalk& walk, int rank) {
  if constexpr (!DecodeShape<kConfig>::kIsPair) {
    return;
  } else if constexpr (gathers_keys(kConfig)) {
    gather_values_role<kConfig>(params, storage, walk, rank);
  } else {
    load_values_role<kConfig>(params, storage, walk, rank);
  }
}

template <DecodeConfig kConfig>
__device__ __forceinline__ void run_role(const DecodeParams& params,
                                         DecodeStorage<kConfig>& storage, int warp, int rank) {
  constexpr int kBlocks = kConfig.cluster_size;
  const int cluster = blockIdx.x / kBlocks;
  const int worker = cluster / params.num_row_tiles;
  const int row_tile = cluster % params.num_row_tiles * kBlocks + rank;
  const unsigned tensor_memory = storage.tensor_memory;
  const tile::DecodeWalk walk = tile::start_walk(params, kConfig.tile_kv, worker);
  switch (warp) {
    case kKeysWarp: return keys_role<kConfig>(params, storage, walk, rank);
    case kValuesWarp: return values_role<kConfig>(params, storage, walk, rank);
    case kQueryWarp: return load_query_role<kConfig>(params, storage, walk, row_tile);
    case kProductsWarp:
      if (rank == 0 && ptx::elect_sync()) products_role<kConfig>(storage, walk, tensor_memory);
      return;
    default: softmax_role<kConfig>(params, storage, walk, tensor_memory, worker, row_tile);
  }
}

template <DecodeConfig kConfig>
__global__ void __launch_bounds__(kSm100DecodeThreads, 1)
    decode_kernel(const __grid_constant__ DecodeParams params) {
  static_assert(kFitsPlannedSmem<kConfig>);
  constexpr int kBlocks = kConfig.cluster_size;
  extern __shared__ __align__(1024) unsigned char shared_bytes[];
  auto& storage = *reinterpret_cast<DecodeStorage<kConfig>*>(shared_bytes);
  const int warp = __shfl_sync(~0u, static_cast<int>(threadIdx.x) / 32, 0);
  if (threadIdx.x == 0) init_barriers<kConfig>(storage);
  if (threadIdx.x == 32) prefetch_maps<kConfig>(params);
  if (warp == kProductsWarp) {
    ptx::tcgen05_alloc<kBlocks>(storage.tensor_memory, kTensorColumns);
    ptx::tcgen05_relinquish_alloc_permit<kBlocks>();
  }
  if (params.rows_per_tile < DecodeShape<kConfig>::kRows) {
    clear_absent_rows<kConfig>(storage, params.rows_per_tile);
  }
  ptx::tcgen05_fence_before_thread_sync();
  sync_blocks<kBlocks>();
  ptx::tcgen05_fence_after_thread_sync();
  ptx::griddepcontrol_wait();
  ptx::griddepcontrol_launch_dependents();  // after the wait: the merge reads the lengths at once
  run_role<kConfig>(params, storage, warp, rank_in_pair<kBlocks>());

  __syncwarp();
  ptx::tcgen05_fence_before_thread_sync();
  sync_blocks<kBlocks>();
  ptx::tcgen05_fence_after_thread_sync();
  if (warp == kProductsWarp) {
    ptx::tcgen05_dealloc<kBlocks>(storage.tensor_memory, kTensorColumns);
  }
}

}  // namespace mla::sm100
