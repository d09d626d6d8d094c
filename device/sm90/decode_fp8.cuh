// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/griddepcontrol.cuh"
#include "device/sm90/decode_fp8_load.cuh"
#include "device/sm90/decode_fp8_scores.cuh"
#include "device/sm90/decode_fp8_values.cuh"
#include "device/tile/clear_rows.cuh"

// FP8 decode for up to 64 rows a block. A block is one worker of one row tile: it walks its stretch
// of the key line and leaves each piece in `out` or in a partial slot, which decode_merge joins.
//
//   role    warps   waits for             produces
//   load    1       kv_empty, query_empty kv_full, query_full      (copy engine)
//   scores  4       kv_full, query_full,  p_full: P, rescale;      (S = Q K^T, softmax)
//                   p_empty, sums_empty   sums_full
//   values  2 x 4   p_full, sums_full     kv_empty, p_empty,       (O^T += V^T P^T, half of d each)
//                                         sums_empty; out
//
// Tiles are taken in spans of two, and a last one alone: P of a span is relative to its largest
// scores, lies where the rope parts of its keys were, and is multiplied with the values at once.
namespace mla::sm90 {

template <DecodeConfig kConfig>
__device__ void init_barriers(DecodeStorage<kConfig>& storage) {
  using Storage = DecodeStorage<kConfig>;
  constexpr int kScoreWarps = 4, kValueWarps = 4 * kNumValuesWarpgroups;
  ptx::mbarrier_init(storage.query_full, 1);
  ptx::mbarrier_init(storage.query_empty, kScoreWarps);
  for (int i = 0; i < Storage::kKvStages; ++i) {
    ptx::mbarrier_init(storage.kv_full[i], tile::num_loaders(kConfig));
    ptx::mbarrier_init(storage.kv_empty[i], kValueWarps);
  }
  for (int i = 0; i < Storage::kPStages; ++i) {
    ptx::mbarrier_init(storage.p_full[i], kActiveScoreWarps<kConfig>);
    ptx::mbarrier_init(storage.p_empty[i], kValueWarps);
    for (bool& flag : storage.needs_rescale[i]) flag = false;
  }
  ptx::mbarrier_init(storage.sums_full, kActiveScoreWarps<kConfig>);
  ptx::mbarrier_init(storage.sums_empty, kValueWarps);
  ptx::fence_mbarrier_init();
}

// What the scores role does before its first tile, while that is on its way: the copy engine fills
// rows_per_tile rows of the query and the score product takes all of them; the store wants to know
// where rows go.
template <DecodeConfig kConfig>
__device__ void prepare_rows(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                             int row_tile) {
  auto& query = storage.query;
  if (params.rows_per_tile < DecodeStorage<kConfig>::kTileRows) {
#pragma unroll 1
    for (auto& chunk : query.latent) tile::cta::clear_rows(chunk, params.rows_per_tile, 128);
    tile::cta::clear_rows(query.rope, params.rows_per_tile, 128);
    ptx::fence_proxy_async();
  }
  note_row_offsets(params, storage, row_tile, threadIdx.x % 128);
  ptx::barrier_sync(kScoresBarrier, 128);
}

template <DecodeConfig kConfig>
__device__ __forceinline__ void decode_fp8(const DecodeParams& params) {
  static_assert(kFitsPlannedSmem<kConfig>);
  extern __shared__ __align__(1024) unsigned char shared_bytes[];
  auto& storage = *reinterpret_cast<DecodeStorage<kConfig>*>(shared_bytes);
  const int worker = blockIdx.x / params.num_row_tiles;
  const int row_tile = blockIdx.x % params.num_row_tiles;
  if (threadIdx.x == 0) init_barriers<kConfig>(storage);
  if (threadIdx.x == 32) {
    ptx::prefetch_tensormap(&params.query_latent);
    ptx::prefetch_tensormap(&params.query_rope);
    ptx::prefetch_tensormap(&params.cache_latent);
    ptx::prefetch_tensormap(&params.cache_rope);
  }
  ptx::griddepcontrol_wait();
  ptx::griddepcontrol_launch_dependents();  // after the wait: the merge reads the lengths at once
  const tile::DecodeWalk walk = tile::start_walk(params, kConfig.tile_kv, worker);
  __syncthreads();

  switch (threadIdx.x / 128) {
    case kLoadWarpgroup:
      ptx::setmaxnreg_dec<24>();
      load_roles<kConfig>(params, storage, walk, row_tile);
      break;
    case kScoresWarpgroup:
      ptx::setmaxnreg_dec<104>();
      prepare_rows<kConfig>(params, storage, row_tile);
      ScoresRole<kConfig>(params, ptx::hold_address(storage)).run(walk, row_tile);
      break;
    default:
      ptx::setmaxnreg_inc<192>();
      const int half = ptx::uniform(threadIdx.x / 128) - kFirstValuesWarpgroup;
      ValuesRole<kConfig>(params, ptx::hold_address(storage), half).run(walk, worker, row_tile);
  }
}

template <DecodeConfig kConfig>
__global__ void __launch_bounds__(kDecodeThreads, 1)
    decode_fp8_kernel(const __grid_constant__ DecodeParams params) {
  decode_fp8<kConfig>(params);
}

}  // namespace mla::sm90
