// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "mla/device.h"
#include "mla/tensor.h"

namespace mla {

// A tile that the decode kernel of an architecture can be compiled for.
struct DecodeTile {
  int rows;            // (token, head) rows that the matrix instructions take, in all blocks
  int keys;            // keys per tile
  int cluster_size;    // thread blocks that share the tile
  int full_rate_rows;  // fewer rows take the instructions as long as this many
  double seconds =
      0;  // what a key tile takes a cluster when neither memory nor products hold it up
};

// Never empty; small tiles first.
std::vector<DecodeTile> decode_tiles(Arch arch, DType dtype);

// Shared memory that a thread block needs at the least: its part of the query and of two key tiles,
// one being computed and one being loaded. Kernels add probabilities and barriers.
std::int64_t min_smem_bytes(const DecodeTile& tile, DType dtype);

// How the rows of a request, row = token * num_heads + head, are cut into tiles.
struct RowTiling {
  int fold = 1;           // whole tokens per tile; 1 when is_dense
  bool is_dense = false;  // tiles cut through tokens
  int rows_per_tile = 0;  // rows of a full tile
  std::int64_t num_tiles = 0;
};

// Folds the largest divisor of q_len that fits the tile, unless packing rows densely takes fewer
// tiles.
RowTiling tile_rows(std::int64_t q_len, int num_heads, int max_rows_per_tile);

// Each block of a cluster has a row tile of its own, of up to block_rows rows; the last cluster of
// a request may lack some.
int block_rows(const DecodeTile& tile);
std::int64_t num_cluster_tiles(const RowTiling& rows, const DecodeTile& tile);

// The tiles worth considering. Every row tile reads all keys again, so that of tiles with equal
// clusters those with the fewest row tiles stay, and a larger cluster stays where it takes fewer
// still.
std::vector<DecodeTile> sensible_tiles(const std::vector<DecodeTile>& tiles, std::int64_t q_len,
                                       int num_heads);

}  // namespace mla
