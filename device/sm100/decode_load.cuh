// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/tma.cuh"
#include "device/sm100/decode_storage.cuh"
#include "device/sm100/pair.cuh"
#include "device/sm100/stages.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/tile_boxes.cuh"

namespace mla::sm100 {

template <DecodeConfig kConfig>
inline constexpr int kBoxRows = tile::box_rows(kConfig.page_size, DecodeShape<kConfig>::kKeys);

template <DecodeConfig kConfig>
using KeyBoxes = tile::TileBoxes<kConfig.page_size, kBoxRows<kConfig>, DecodeShape<kConfig>::kKeys>;
template <DecodeConfig kConfig>
using ValueBoxes = tile::TileBoxes<kConfig.page_size, kBoxRows<kConfig>, kConfig.tile_kv>;

// One box of the cache, or of the query; `barrier` is a cluster address.
template <DecodeConfig kConfig>
__device__ __forceinline__ void load_box(void* destination, const TensorMap& map, unsigned barrier,
                                         int x0, int x1, int x2, int x3) {
  ptx::cp_async_bulk_tensor_4d_group<kConfig.cluster_size>(destination, &map, barrier, x0, x1, x2,
                                                           x3);
}

// K of one tile. Where pages hold a block's whole tile, a box is four chunks.
template <DecodeConfig kConfig>
__device__ void load_keys(const DecodeParams& params,
                          RowTile<kConfig, DecodeShape<kConfig>::kKeys>& tile,
                          const KeyBoxes<kConfig>& boxes, unsigned barrier) {
  using Shape = DecodeShape<kConfig>;
  using Boxes = KeyBoxes<kConfig>;
  constexpr int kChunksPerBox = Boxes::kRows == kConfig.tile_kv ? 4 : 1;
#pragma unroll
  for (int i = 0; i < Boxes::kCount; ++i) {
    const int page = boxes.pages[i], row = boxes.rows[i];
#pragma unroll
    for (int chunk = 0; chunk < Shape::kLatentChunks; chunk += kChunksPerBox) {
      load_box<kConfig>(tile.latent[chunk][i * Boxes::kRows], params.cache_latent, barrier, 0, row,
                        chunk, page);
    }
    load_box<kConfig>(tile.rope[i * Boxes::kRows], params.cache_rope, barrier, 0, row, 0, page);
  }
}

// The chunk of the cache that a pair's block has as its V chunk: columns come in the order of the
// products that take them.
template <DecodeConfig kConfig>
__device__ __forceinline__ int value_source_chunk(int chunk, int rank) {
  constexpr int kProductChunks = DecodeShape<kConfig>::kValueChunks / kProductsPerTile;
  return (2 * (chunk / kProductChunks) + rank) * kProductChunks + chunk % kProductChunks;
}

// The block's columns of V of one tile.
template <DecodeConfig kConfig>
__device__ void load_values(const DecodeParams& params, typename ValueStages<kConfig>::Tile& tile,
                            const ValueBoxes<kConfig>& boxes, unsigned barrier, int rank) {
  using Boxes = ValueBoxes<kConfig>;
#pragma unroll
  for (int chunk = 0; chunk < DecodeShape<kConfig>::kValueChunks; ++chunk) {
    const int source = value_source_chunk<kConfig>(chunk, rank);
#pragma unroll
    for (int i = 0; i < Boxes::kCount; ++i) {
      load_box<kConfig>(tile.chunks[chunk][i * Boxes::kRows], params.cache_latent, barrier, 0,
                        boxes.rows[i], source, boxes.pages[i]);
    }
  }
}

// Starts load(barrier), num_bytes in all, that fills a stage, and announces it at the leader's
// `full`. A request's last tile, of num_keys, is loaded and cleaned first.
template <DecodeConfig kConfig, int kNumChunks, typename Load>
__device__ void fill_values(DecodeStorage<kConfig>& storage, ptx::Barrier& full, unsigned num_bytes,
                            unsigned char (&chunks)[kNumChunks][kConfig.tile_kv][128], int num_keys,
                            tile::Ring<1>& tail, Load&& load) {
  constexpr int kBlocks = kConfig.cluster_size;
  const bool leads = ptx::laneid() == 0;
  if (num_keys >= kConfig.tile_kv) {
    if (leads) {
      expect_at_leader<kBlocks>(full, num_bytes);
      load(leader_address<kBlocks>(full));
    }
    return;
  }
  if (leads) {
    ptx::mbarrier_arrive_expect_tx(storage.tail_loaded, num_bytes);
    load(ptx::shared_address(&storage.tail_loaded));
  }
  tile::wait(storage.tail_loaded, tail.parity());
  tail.advance();
  clear_absent_keys(chunks, num_keys);
  if (leads) arrive_at_leader<kBlocks>(full);
}

// Role: one warp loads the query rows of every piece that has keys.
template <DecodeConfig kConfig>
__device__ void load_query_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                                tile::DecodeWalk walk, int row_tile) {
  using Shape = DecodeShape<kConfig>;
  const int head = row_tile * params.query_head_step;
  const int token = row_tile * params.query_token_step;
  const unsigned full = leader_address<Shape::kBlocks>(storage.query_full);
  tile::Ring<1> query;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    if (piece.tile_begin == piece.tile_end) continue;
    tile::wait(storage.query_empty, query.free_parity());
    query.advance();
    if (ptx::laneid() != 0) continue;
    expect_at_leader<Shape::kBlocks>(
        storage.query_full, params.rows_per_tile * kConfig.qk_dim() * Shape::kElementBytes);
    for (int chunk = 0; chunk < Shape::kLatentChunks; ++chunk) {
      load_box<kConfig>(storage.query.latent[chunk], params.query_latent, full,
                        chunk * Shape::kChunkBytes, head, token, piece.request);
    }
    load_box<kConfig>(storage.query.rope, params.query_rope, full, 0, head, token, piece.request);
  }
  tile::wait(storage.query_empty, query.free_parity());
}

// Calls fill(stage, boxes, num_keys) for every key tile of the worker, once the stage is free.
// num_keys are left of the request; the tile's pages are looked up a tile ahead, from first_key(t).
template <DecodeConfig kConfig, typename Boxes, int kStages, typename FirstKey, typename Fill>
__device__ __forceinline__ void fill_stages(const DecodeParams& params, tile::DecodeWalk walk,
                                            ptx::Barrier (&empty)[kStages], FirstKey&& first_key,
                                            Fill&& fill) {
  tile::Ring<kStages> ring;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int* table = params.block_tables + piece.request * params.block_table_stride;
    const int seq_len = tile::cached_keys(params, piece.request);
    Boxes ahead;
    if (piece.tile_begin < piece.tile_end) ahead.read(table, first_key(piece.tile_begin), seq_len);
    for (int t = piece.tile_begin; t < piece.tile_end; ++t) {
      const Boxes boxes = ahead;
      if (t + 1 < piece.tile_end) ahead.read(table, first_key(t + 1), seq_len);
      tile::wait(empty[ring.stage], ring.free_parity());
      fill(ring.stage, boxes, seq_len - t * kConfig.tile_kv);
      __syncwarp();
      ring.advance();
    }
  }
  drain(empty, ring);
}

// Role: one warp loads K, which is also V for a block alone.
template <DecodeConfig kConfig>
__device__ void load_keys_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                               const tile::DecodeWalk& walk, int rank) {
  using Shape = DecodeShape<kConfig>;
  using Boxes = KeyBoxes<kConfig>;
  constexpr unsigned kBytes = Shape::kKeys * kConfig.qk_dim() * Shape::kElementBytes;
  tile::Ring<1> tail;
  const auto first_key = [rank](int t) { return t * kConfig.tile_kv + rank * Shape::kKeys; };
  const auto fill = [&](int stage, const Boxes& boxes, int num_keys) {
    auto& keys = storage.keys[stage];
    ptx::Barrier& full = storage.key_full[stage];
    const auto load = [&](unsigned barrier) { load_keys<kConfig>(params, keys, boxes, barrier); };
    if constexpr (!Shape::kIsPair) {
      fill_values<kConfig>(storage, full, kBytes, keys.latent, num_keys, tail, load);
    } else if (ptx::laneid() == 0) {
      expect_at_leader<Shape::kBlocks>(full, kBytes);
      load(leader_address<Shape::kBlocks>(full));
    }
  };
  fill_stages<kConfig, Boxes>(params, walk, storage.key_empty, first_key, fill);
}

// Role of a pair: one warp loads the block's columns of V.
template <DecodeConfig kConfig>
__device__ void load_values_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                                 const tile::DecodeWalk& walk, int rank) {
  using Boxes = ValueBoxes<kConfig>;
  constexpr unsigned kBytes = sizeof(typename ValueStages<kConfig>::Tile);
  tile::Ring<1> tail;
  const auto first_key = [](int t) { return t * kConfig.tile_kv; };
  const auto fill = [&](int stage, const Boxes& boxes, int num_keys) {
    auto& values = storage.values.tiles[stage];
    fill_values<kConfig>(
        storage, storage.value_full[stage], kBytes, values.chunks, num_keys, tail,
        [&](unsigned barrier) { load_values<kConfig>(params, values, boxes, barrier, rank); });
  };
  fill_stages<kConfig, Boxes>(params, walk, storage.value_empty, first_key, fill);
}

}  // namespace mla::sm100
