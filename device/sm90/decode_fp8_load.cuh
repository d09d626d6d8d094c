// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/tma.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
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

// Role: one thread that issues every load.
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

}  // namespace mla::sm90
