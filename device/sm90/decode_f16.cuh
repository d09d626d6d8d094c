// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/griddepcontrol.cuh"
#include "device/sm90/decode_f16_load.cuh"
#include "device/sm90/decode_f16_scores.cuh"
#include "device/sm90/decode_f16_values.cuh"
#include "device/tile/clear_rows.cuh"

// Decode in bfloat16 and float16 for up to 64 rows a block. A block is one worker of one row tile:
// it walks its stretch of the key line and leaves each piece in `out` or in a partial slot, which
// decode_merge joins.
//
//   role    warps   waits for               produces
//   load    2 x 1   kv_empty; query_empty   kv_full; query_full        (copy engine)
//   scores  4       kv_full, query_full,    p_full: P, rescale;        (S = Q K^T, softmax)
//                   p_empty, results_empty  results_full; kv_empty of the rope chunk
//   values  2 x 4   kv_full, p_full,        kv_empty of the latent,    (O += P V, half of d each)
//                   results_full            p_empty, results_empty; out
namespace mla::sm90 {

namespace f16 {

template <DecodeConfig kConfig>
__device__ void init_barriers(Storage<kConfig>& storage) {
  ptx::mbarrier_init(storage.query_full, 1);
  ptx::mbarrier_init(storage.query_empty, kScoreWarps);
  for (int stage = 0; stage < Storage<kConfig>::kKvStages; ++stage) {
    for (int group = 0; group < kKeyGroups; ++group) {
      ptx::mbarrier_init(storage.kv_full[stage][group], tile::num_loaders(kConfig));
      ptx::mbarrier_init(storage.kv_empty[stage][group],
                         group == kRopeGroup ? kScoreWarps : kValueWarps);
    }
  }
  ptx::mbarrier_init(storage.p_full, kScoreWarps);
  ptx::mbarrier_init(storage.p_empty, kValueWarps);
  ptx::mbarrier_init(storage.results_full, kScoreWarps);
  ptx::mbarrier_init(storage.results_empty, kValueWarps);
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

}  // namespace f16

template <DecodeConfig kConfig>
__device__ __forceinline__ void decode_f16(const DecodeParams& params) {
  static_assert(f16::kFitsPlannedSmem<kConfig>);
  extern __shared__ __align__(1024) unsigned char shared_bytes[];
  auto& storage = *reinterpret_cast<f16::Storage<kConfig>*>(shared_bytes);
  const int worker = blockIdx.x / params.num_row_tiles;
  const int row_tile = blockIdx.x % params.num_row_tiles;
  if (threadIdx.x == 0) f16::init_barriers<kConfig>(storage);
  if (threadIdx.x == 32) {
    ptx::prefetch_tensormap(&params.query_latent);
    ptx::prefetch_tensormap(&params.query_rope);
    ptx::prefetch_tensormap(&params.cache_latent);
    ptx::prefetch_tensormap(&params.cache_rope);
    ptx::prefetch_tensormap(&params.out_map);
    if (params.splits_requests) ptx::prefetch_tensormap(&params.partial_map);
  }
  if (params.rows_per_tile < f16::Storage<kConfig>::kTileRows) {
    f16::clear_absent_rows<kConfig>(storage, params.rows_per_tile);
  }
  __syncthreads();
  ptx::griddepcontrol_wait();
  ptx::griddepcontrol_launch_dependents();  // after the wait: the merge reads the lengths at once
  const tile::DecodeWalk walk = tile::start_walk(params, kConfig.tile_kv, worker);

  switch (threadIdx.x / 128) {
    case f16::kLoadWarpgroup:
      ptx::setmaxnreg_dec<40>();
      f16::load_roles<kConfig>(params, storage, walk, row_tile);
      break;
    case f16::kScoresWarpgroup:
      ptx::setmaxnreg_dec<104>();
      f16::scores_role<kConfig>(params, ptx::hold_address(storage), walk, row_tile);
      break;
    default:
      ptx::setmaxnreg_inc<184>();
      f16::values_role<kConfig>(params, ptx::hold_address(storage), walk, worker, row_tile,
                                ptx::uniform(threadIdx.x / 128) - f16::kFirstValuesWarpgroup);
  }
}

template <DecodeConfig kConfig>
__global__ void __launch_bounds__(f16::kDecodeThreads, 1)
    decode_f16_kernel(const __grid_constant__ DecodeParams params) {
  decode_f16<kConfig>(params);
}

}  // namespace mla::sm90
