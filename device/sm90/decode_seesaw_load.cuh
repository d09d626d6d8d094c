// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/tma.cuh"
#include "device/sm90/decode_f16_load.cuh"
#include "device/sm90/decode_seesaw_storage.cuh"

namespace mla::sm90::seesaw {

// One group of a key tile's chunks. Each chunk has a barrier of its own, so that the scores begin
// with the first one.
template <DecodeConfig kConfig, typename Pages>
__device__ __forceinline__ void load_group(const DecodeParams& params, Storage<kConfig>& storage,
                                           int stage, int group, const Pages& tile_pages) {
  using Storage = Storage<kConfig>;
  const bool is_rope = group == kRopeGroup;
  const void* map = is_rope ? &params.cache_rope : &params.cache_latent;
  const int begin = is_rope ? Storage::kRopeChunk : (group - 1) * Storage::kGroupChunks;
  const int end = is_rope ? begin + 1 : begin + Storage::kGroupChunks;
#pragma unroll 1
  for (int chunk = begin; chunk < end; ++chunk) {
    ptx::Barrier& full = storage.chunk_full[stage][chunk];
    ptx::mbarrier_arrive_expect_tx(full, kConfig.tile_kv * Storage::kChunkBytes);
#pragma unroll
    for (int i = 0; i < Pages::kMaxPages; ++i) {
      ptx::cp_async_bulk_tensor_4d_evict_first(storage.kv[stage].chunks[chunk][i * Pages::kRows],
                                               map, full, 0, tile_pages.first_row,
                                               is_rope ? 0 : chunk, tile_pages.pages[i]);
    }
  }
}

// Role: one thread that loads one group of all tiles.
template <DecodeConfig kConfig>
__device__ void load_keys_role(const DecodeParams& params, Storage<kConfig>& storage,
                               tile::DecodeWalk walk, int group) {
  using Pages = tile::TilePages<kConfig.page_size, kConfig.tile_kv>;
  tile::Ring<Storage<kConfig>::kKvStages> kv;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int* table = params.block_tables + piece.request * params.block_table_stride;
    const int seq_len = tile::cached_keys(params, piece.request);
    Pages ahead;
    if (piece.tile_begin < piece.tile_end) ahead.read(table, piece.tile_begin, seq_len);
    for (int t = piece.tile_begin; t < piece.tile_end; ++t) {
      const Pages pages = ahead;
      if (t + 1 < piece.tile_end) ahead.read(table, t + 1, seq_len);
      tile::wait(storage.kv_empty[kv.stage][group], kv.free_parity());
      load_group<kConfig>(params, storage, kv.stage, group, pages);
      kv.advance();
    }
  }
}

// The roles of the load warpgroup. Groups of chunks become free in an order that depends on the
// tile, so that each has a thread of its own.
template <DecodeConfig kConfig>
__device__ __forceinline__ void load_roles(const DecodeParams& params, Storage<kConfig>& storage,
                                           const tile::DecodeWalk& walk, int row_tile) {
  const int warp = threadIdx.x % 128 / 32;
  if (threadIdx.x % 32 != 0) return;
  if (warp < kKeyGroups) {
    load_keys_role<kConfig>(params, storage, walk, warp);
  } else {
    f16::load_query_role<kConfig>(params, storage, walk, row_tile);
  }
}

}  // namespace mla::sm90::seesaw
