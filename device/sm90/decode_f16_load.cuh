// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/tma.cuh"
#include "device/sm90/decode_f16_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/gather.cuh"
#include "device/tile/ring.cuh"
#include "device/tile/tile_pages.cuh"

namespace mla::sm90::f16 {

// One group of a key tile's chunks: a box a page where pages hold a tile, else one a page and
// chunk.
template <DecodeConfig kConfig, typename Pages>
__device__ void load_group(const DecodeParams& params, Storage<kConfig>& storage, int stage,
                           int group, const Pages& tile_pages) {
  using Storage = Storage<kConfig>;
  constexpr bool kHoldsTile = Pages::kRows == kConfig.tile_kv;
  auto& tile = storage.kv[stage];
  ptx::Barrier& full = storage.kv_full[stage][group];
  const int num_chunks = group == kRopeGroup ? 1 : Storage::kGroupChunks;
  const int first_chunk = (group - 1) * Storage::kGroupChunks;
  ptx::mbarrier_arrive_expect_tx(full, kConfig.tile_kv * Storage::kChunkBytes * num_chunks);
#pragma unroll
  for (int i = 0; i < Pages::kMaxPages; ++i) {
    const int page = tile_pages.pages[i], row = tile_pages.first_row;
    if (group == kRopeGroup) {
      ptx::cp_async_bulk_tensor_4d(tile.chunks[Storage::kRopeChunk][i * Pages::kRows],
                                   &params.cache_rope, full, 0, row, 0, page);
      continue;
    }
    constexpr int kChunksPerBox = kHoldsTile ? Storage::kGroupChunks : 1;
#pragma unroll
    for (int c = 0; c < Storage::kGroupChunks; c += kChunksPerBox) {
      ptx::cp_async_bulk_tensor_4d(tile.chunks[first_chunk + c][i * Pages::kRows],
                                   &params.cache_latent, full, 0, row, first_chunk + c, page);
    }
  }
}

template <DecodeConfig kConfig>
__device__ void load_query(const DecodeParams& params, KeyStorage<kConfig>& storage, int request,
                           int row_tile) {
  using Storage = KeyStorage<kConfig>;
  const int head = row_tile * params.query_head_step;
  const int token = row_tile * params.query_token_step;
  ptx::Barrier& full = storage.query_full;
  ptx::mbarrier_arrive_expect_tx(
      full, params.rows_per_tile * Storage::kChunkBytes * (Storage::kLatentChunks + 1));
  ptx::cp_async_bulk_tensor_4d(storage.query.chunks[Storage::kRopeChunk], &params.query_rope, full,
                               0, head, token, request);
#pragma unroll
  for (int chunk = 0; chunk < Storage::kLatentChunks; ++chunk) {
    ptx::cp_async_bulk_tensor_4d(storage.query.chunks[chunk], &params.query_latent, full,
                                 chunk * Storage::kChunkBytes, head, token, request);
  }
}

// Role: one thread that loads the query of every piece.
template <DecodeConfig kConfig>
__device__ void load_query_role(const DecodeParams& params, KeyStorage<kConfig>& storage,
                                tile::DecodeWalk walk, int row_tile) {
  tile::Ring<1> query;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    tile::wait(storage.query_empty, query.free_parity());
    load_query<kConfig>(params, storage, piece.request, row_tile);
    query.advance();
  }
}

// One group of a key tile's chunks for the rows of one warp.
template <DecodeConfig kConfig>
__device__ __forceinline__ void gather_group(const DecodeParams& params, Storage<kConfig>& storage,
                                             int stage, int group, int first_row,
                                             long long row_offset) {
  using Storage = Storage<kConfig>;
  auto& chunks = storage.kv[stage].chunks;
  const char* cache = static_cast<const char*>(params.cache);
  if (group == kRopeGroup) {
    constexpr int kChunk = Storage::kRopeChunk;
    tile::warp::gather<1>(chunks + kChunk, first_row, cache + kChunk * Storage::kChunkBytes,
                          row_offset);
    return;
  }
  const int first_chunk = (group - 1) * Storage::kGroupChunks;
  tile::warp::gather<Storage::kGroupChunks>(chunks + first_chunk, first_row,
                                            cache + first_chunk * Storage::kChunkBytes, row_offset);
}

// Role: two warps that gather the keys, where pages are small.
template <DecodeConfig kConfig>
__device__ void gather_keys_role(const DecodeParams& params, Storage<kConfig>& storage,
                                 tile::DecodeWalk walk, int warp) {
  using Storage = Storage<kConfig>;
  static_assert(Storage::kTileKv == tile::kGatherWarps * tile::kWarpRows);
  constexpr int kGroups = Storage::kKvStages * kKeyGroups;
  const int first_row = warp * tile::kWarpRows;
  tile::Ring<Storage::kKvStages> kv;
  tile::LandingRing<kGroups, kGroups / 2> copies{storage.kv_full[0]};
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int* table = params.block_tables + piece.request * params.block_table_stride;
    const int last_key = tile::cached_keys(params, piece.request) - 1;
    if (last_key < 0) continue;
    int key = piece.tile_begin * Storage::kTileKv + first_row + ptx::laneid();
    const auto offset_of = [&](int k) {
      return tile::key_offset<kConfig.page_size>(params, table, min(k, last_key));
    };
    long long ahead = offset_of(key);
    for (int t = piece.tile_begin; t < piece.tile_end; ++t) {
      const long long offset = ahead;
      ahead = offset_of(key += Storage::kTileKv);
      for (int group = 0; group < kKeyGroups; ++group) {
        tile::wait(storage.kv_empty[kv.stage][group], kv.free_parity());
        gather_group<kConfig>(params, storage, kv.stage, group, first_row, offset);
        copies.launched();
      }
      kv.advance();
    }
  }
  copies.finish();
}

// Role: one thread that loads the keys by the copy engine.
template <DecodeConfig kConfig>
__device__ void load_keys_role(const DecodeParams& params, Storage<kConfig>& storage,
                               tile::DecodeWalk walk) {
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
      for (int group = 0; group < kKeyGroups; ++group) {
        tile::wait(storage.kv_empty[kv.stage][group], kv.free_parity());
        load_group<kConfig>(params, storage, kv.stage, group, pages);
      }
      kv.advance();
    }
  }
}

// The roles of the load warpgroup.
template <DecodeConfig kConfig>
__device__ __forceinline__ void load_roles(const DecodeParams& params, Storage<kConfig>& storage,
                                           const tile::DecodeWalk& walk, int row_tile) {
  const int thread = threadIdx.x % 128;
  constexpr bool kGathers = gathers_keys(kConfig);
  constexpr int kQueryThread = 32 * (kGathers ? tile::kGatherWarps : 1);
  if (thread == kQueryThread) load_query_role<kConfig>(params, storage, walk, row_tile);
  if constexpr (kGathers) {
    if (thread < kQueryThread) gather_keys_role<kConfig>(params, storage, walk, thread / 32);
  } else {
    if (thread == 0) load_keys_role<kConfig>(params, storage, walk);
  }
}

}  // namespace mla::sm90::f16
