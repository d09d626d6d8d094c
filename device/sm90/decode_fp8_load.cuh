// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/tma.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/ring.cuh"

namespace mla::sm90 {

// The page indices of one key tile, read ahead of their use. Pages past the last key are neither
// looked up nor loaded.
template <DecodeConfig kConfig>
struct TilePages {
  static constexpr int kRows =
      kConfig.page_size < kConfig.tile_kv ? kConfig.page_size : kConfig.tile_kv;
  static constexpr int kMaxPages = kConfig.tile_kv / kRows;

  int pages[kMaxPages];
  int count;
  int first_row;  // of the tile within its page, where pages are larger than tiles

  __device__ void read(const int* table, int tile, int seq_len) {
    const int first_key = tile * kConfig.tile_kv;
    count = min(kMaxPages, (seq_len - first_key + kRows - 1) / kRows);
    first_row = first_key % kConfig.page_size - first_key % kRows;
#pragma unroll
    for (int i = 0; i < kMaxPages; ++i) {
      if (i < count) pages[i] = table[first_key / kConfig.page_size + i];
    }
  }
};

template <DecodeConfig kConfig>
__device__ void load_kv_tile(const DecodeParams& params, DecodeStorage<kConfig>& storage, int stage,
                             const TilePages<kConfig>& tile_pages) {
  using Storage = DecodeStorage<kConfig>;
  constexpr int kRows = TilePages<kConfig>::kRows;
  constexpr int kChunksPerBox = kRows == kConfig.tile_kv ? Storage::kChunks : 1;
  auto& tile = storage.kv[stage];
  ptx::Barrier& full = storage.kv_full[stage];
  ptx::mbarrier_arrive_expect_tx(full, tile_pages.count * kRows * kConfig.qk_dim());
#pragma unroll
  for (int i = 0; i < TilePages<kConfig>::kMaxPages; ++i) {
    if (i >= tile_pages.count) break;
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

// Role: one thread that issues every load.
template <DecodeConfig kConfig>
__device__ void load_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                          tile::DecodeWalk walk, int row_tile) {
  tile::Ring<DecodeStorage<kConfig>::kKvStages> kv;
  tile::Ring<1> query;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int request = piece.request;
    const int* table = params.block_tables + request * params.block_table_stride;
    const int seq_len = tile::cached_keys(params, request);
    const int tile_end = piece.tile_end;
    int t = piece.tile_begin;
    TilePages<kConfig> ahead;
    if (t < tile_end) ahead.read(table, t, seq_len);

    tile::wait(storage.query_empty, query.free_parity());
    load_query<kConfig>(params, storage, request, row_tile);
    query.advance();
    for (; t < tile_end; ++t) {
      const TilePages<kConfig> pages = ahead;
      if (t + 1 < tile_end) ahead.read(table, t + 1, seq_len);
      tile::wait(storage.kv_empty[kv.stage], kv.free_parity());
      load_kv_tile<kConfig>(params, storage, kv.stage, pages);
      kv.advance();
    }
  }
}

}  // namespace mla::sm90
