// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/sm100/decode_load.cuh"
#include "device/tile/gather.cuh"

// The keys and values roles where pages are too small for boxes: a warp copies row by row, 32 rows
// at a time. Past the last key of a request that one stands again, so that nothing is cleaned.
namespace mla::sm100 {

// Where lane i's row of 32 lies in the cache.
template <DecodeConfig kConfig>
__device__ __forceinline__ long long row_offset(const DecodeParams& params, const int* table,
                                                int first_key, int last_key) {
  return tile::key_offset<kConfig.page_size>(params, table,
                                             min(first_key + ptx::laneid(), last_key));
}

// Calls visit(tile) for every key tile of the worker, with the request's table and last key.
template <DecodeConfig kConfig, typename Visit>
__device__ __forceinline__ void for_each_tile(const DecodeParams& params, tile::DecodeWalk walk,
                                              Visit&& visit) {
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    const int* table = params.block_tables + piece.request * params.block_table_stride;
    const int last_key = tile::cached_keys(params, piece.request) - 1;
    for (int t = piece.tile_begin; t < piece.tile_end; ++t) visit(t, table, last_key);
  }
}

template <DecodeConfig kConfig>
__device__ void gather_keys_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                                 const tile::DecodeWalk& walk, int rank) {
  using Shape = DecodeShape<kConfig>;
  const char* cache = static_cast<const char*>(params.cache);
  tile::Ring<Shape::kKeyStages> ring;
  tile::LandingRing<Shape::kKeyStages, Shape::kKeyStages - 1, arrive_at_leader<Shape::kBlocks>>
      copies{storage.key_full};
  for_each_tile<kConfig>(params, walk, [&](int t, const int* table, int last_key) {
    tile::wait(storage.key_empty[ring.stage], ring.free_parity());
    auto& tile = storage.keys[ring.stage];
#pragma unroll 1
    for (int row = 0; row < Shape::kKeys; row += tile::kWarpRows) {
      const int first_key = t * kConfig.tile_kv + rank * Shape::kKeys + row;
      const long long offset = row_offset<kConfig>(params, table, first_key, last_key);
      tile::warp::gather<Shape::kLatentChunks>(tile.latent, row, cache, offset);
      tile::warp::gather<1>(&tile.rope, row, cache + Shape::kLatentChunks * Shape::kChunkBytes,
                            offset);
    }
    copies.launched();
    ring.advance();
  });
  copies.finish();
  drain(storage.key_empty, ring);
}

// Of a pair.
template <DecodeConfig kConfig>
__device__ void gather_values_role(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                                   const tile::DecodeWalk& walk, int rank) {
  using Shape = DecodeShape<kConfig>;
  const char* cache = static_cast<const char*>(params.cache);
  tile::Ring<Shape::kValueStages> ring;
  tile::LandingRing<Shape::kValueStages, Shape::kValueStages - 1, arrive_at_leader<Shape::kBlocks>>
      copies{storage.value_full};
  for_each_tile<kConfig>(params, walk, [&](int t, const int* table, int last_key) {
    tile::wait(storage.value_empty[ring.stage], ring.free_parity());
    auto& chunks = storage.values.tiles[ring.stage].chunks;
#pragma unroll 1
    for (int row = 0; row < kConfig.tile_kv; row += tile::kWarpRows) {
      const long long offset =
          row_offset<kConfig>(params, table, t * kConfig.tile_kv + row, last_key);
#pragma unroll 1
      for (int chunk = 0; chunk < Shape::kValueChunks; ++chunk) {
        const int source = value_source_chunk<kConfig>(chunk, rank);
        tile::warp::gather<1>(chunks + chunk, row, cache + source * Shape::kChunkBytes, offset);
      }
    }
    copies.launched();
    ring.advance();
  });
  copies.finish();
  drain(storage.value_empty, ring);
}

}  // namespace mla::sm100
