// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/tma.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/gather.cuh"
#include "device/tile/ring.cuh"
#include "device/tile/tile_pages.cuh"

namespace mla::sm90 {

template <DecodeConfig kConfig, typename Pages>
__device__ void load_kv_tile(const DecodeParams& params, DecodeStorage<kConfig>& storage, int stage,
                             const Pages& tile_pages) {
  using Storage = DecodeStorage<kConfig>;
  constexpr int kRows = Pages::kRows;
  constexpr int kChunksPerBox = kRows == kConfig.tile_kv ? Storage::kChunks : 1;
  auto& tile = storage.kv[stage];
  ptx::Barrier& full = storage.kv_full[stage];
  ptx::mbarrier_arrive_expect_tx(full, kConfig.tile_kv * kConfig.qk_dim());
#pragma unroll
  for (int i = 0; i < Pages::kMaxPages; ++i) {
    const int page = tile_pages.pages[i];
    const int row = tile_pages.first_row;
#pragma unroll
    for (int chunk = 0; chunk < Storage::kChunks; chunk += kChunksPerBox) {
      ptx::cp_async_bulk_tensor_4d(tile.latent[chunk][i * kRows], &params.cache_latent, full, 0,
                                   row, chunk, page);
    }
    ptx::cp_async_bulk_tensor_4d(tile.rope[i * kRows], &params.cache_rope, full, 0, row, 0, page);
  }
}

template <DecodeConfig kConfig>
__device__ void load_query(const DecodeParams& params, DecodeStorage<kConfig>& storage, int request,
                           int row_tile) {
  using Storage = DecodeStorage<kConfig>;
  const int head = row_tile * params.query_head_step;
  const int token = row_tile * params.query_token_step;
  ptx::Barrier& full = storage.query_full;
  ptx::mbarrier_arrive_expect_tx(full, params.rows_per_tile * kConfig.qk_dim());
#pragma unroll
  for (int chunk = 0; chunk < Storage::kChunks; ++chunk) {
    ptx::cp_async_bulk_tensor_4d(storage.query.latent[chunk], &params.query_latent, full,
                                 chunk * Storage::kChunkBytes, head, token, request);
  }
  ptx::cp_async_bulk_tensor_4d(storage.query.rope, &params.query_rope, full, 0, head, token,
                               request);
}

// Role: two warps that gather the keys, where pages are small.
template <DecodeConfig kConfig>
__device__ void gather_keys_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                                 tile::DecodeWalk walk, int warp) {
  using Storage = DecodeStorage<kConfig>;
  static_assert(Storage::kTileKv == tile::kGatherWarps * tile::kWarpRows);
  const char* cache = static_cast<const char*>(params.cache);
  const int first_row = warp * tile::kWarpRows;
  tile::Ring<Storage::kKvStages> kv;
  tile::LandingRing<Storage::kKvStages, Storage::kKvStages / 2> copies{storage.kv_full};
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
      tile::wait(storage.kv_empty[kv.stage], kv.free_parity());
      auto& keys = storage.kv[kv.stage];
      tile::warp::gather<Storage::kChunks>(keys.latent, first_row, cache, offset);
      tile::warp::gather<1>(&keys.rope, first_row, cache + kConfig.latent_dim, offset);
      kv.advance();
      copies.launched();
    }
  }
  copies.finish();
}

// Role: one thread that loads the query of every piece, where others gather the keys.
template <DecodeConfig kConfig>
__device__ void load_query_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                                tile::DecodeWalk walk, int row_tile) {
  tile::Ring<1> query;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    tile::wait(storage.query_empty, query.free_parity());
    load_query<kConfig>(params, storage, piece.request, row_tile);
    query.advance();
  }
}

// Role: one thread that issues every load of the copy engine.
template <DecodeConfig kConfig>
__device__ void load_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                          tile::DecodeWalk walk, int row_tile) {
  using Pages = tile::TilePages<kConfig.page_size, kConfig.tile_kv>;
  tile::Ring<DecodeStorage<kConfig>::kKvStages> kv;
  tile::Ring<1> query;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int request = piece.request;
    const int* table = params.block_tables + request * params.block_table_stride;
    const int seq_len = tile::cached_keys(params, request);
    const int tile_end = piece.tile_end;
    int t = piece.tile_begin;
    Pages ahead;
    if (t < tile_end) ahead.read(table, t, seq_len);

    tile::wait(storage.query_empty, query.free_parity());
    load_query<kConfig>(params, storage, request, row_tile);
    query.advance();
    for (; t < tile_end; ++t) {
      const Pages pages = ahead;
      if (t + 1 < tile_end) ahead.read(table, t + 1, seq_len);
      tile::wait(storage.kv_empty[kv.stage], kv.free_parity());
      load_kv_tile<kConfig>(params, storage, kv.stage, pages);
      kv.advance();
    }
  }
}

// The roles of the load warpgroup.
template <DecodeConfig kConfig>
__device__ __forceinline__ void load_roles(const DecodeParams& params,
                                           DecodeStorage<kConfig>& storage,
                                           const tile::DecodeWalk& walk, int row_tile) {
  const int thread = threadIdx.x % 128;
  if constexpr (gathers_keys(kConfig)) {
    constexpr int kQueryThread = tile::kGatherWarps * 32;
    if (thread < kQueryThread) gather_keys_role<kConfig>(params, storage, walk, thread / 32);
    if (thread == kQueryThread) load_query_role<kConfig>(params, storage, walk, row_tile);
  } else {
    if (thread == 0) load_role<kConfig>(params, storage, walk, row_tile);
  }
}

}  // namespace mla::sm90
