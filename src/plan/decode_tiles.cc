// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/decode_tiles.h"

#include <algorithm>
#include <iterator>

#include "plan/element.h"
#include "plan/grid.h"

namespace mla {

namespace {

constexpr int kQkDim = 576;
constexpr int kRowStep = 8;  // the N of a wgmma is a multiple of 8

// An FP8 wgmma with N = 16 takes 17 to 20 clocks where N = 64 at full rate takes 32 (measured on an
// H200): as long as 40 rows would.
constexpr int kSm90Float8FullRateRows = 40;

// The chain from loaded keys to added values, for any number of rows (measured on an H200).
constexpr double kSm90Float8TileSeconds = 1.3e-6;
constexpr double kSm90Float16TileSeconds = 1.9e-6;

// The same chain on a B200 (modelled: docs/06_time_model.md).
constexpr double kSm100Float8TileSeconds = 0.66e-6;
constexpr double kSm100Float8PairSeconds = 0.86e-6;
constexpr double kSm100Float16TileSeconds = 1.94e-6;
constexpr double kSm100Float16PairSeconds = 1.42e-6;

// The weight-stationary instruction of one block takes 76 to 80 clocks for 64 rows and N = 256,
// where full rate would be 64 (published measurement on a B200): as long as 80 rows would.
constexpr int kSm100SingleFullRateRows = 80;

// Rows are the N of the instruction, so any multiple of 8 is a tile.
std::vector<DecodeTile> row_steps(int keys, int full_rate_rows, double seconds) {
  std::vector<DecodeTile> tiles;
  for (int rows = kRowStep; rows <= 64; rows += kRowStep) {
    tiles.push_back({rows, keys, 1, full_rate_rows, seconds});
  }
  return tiles;
}

}  // namespace

std::vector<DecodeTile> decode_tiles(Arch arch, DType dtype) {
  switch (arch) {
    case Arch::kCpu: return row_steps(64, kRowStep, 0);
    case Arch::kSm90:
      // FP8 computes the transposed output: 512 x 64 floats fill the registers of two warpgroups.
      if (is_float8(dtype)) return row_steps(64, kSm90Float8FullRateRows, kSm90Float8TileSeconds);
      return {{64, 64, 1, 64, kSm90Float16TileSeconds}};
    case Arch::kSm100:
    case Arch::kSm103: {
      // 16-bit keys leave room for tiles of 64; a block alone has all of a tile's keys.
      if (is_float8(dtype)) {
        return {{64, 64, 1, kSm100SingleFullRateRows, kSm100Float8TileSeconds},
                {128, 128, 2, 128, kSm100Float8PairSeconds}};
      }
      return {{64, 64, 1, kSm100SingleFullRateRows, kSm100Float16TileSeconds},
              {128, 64, 2, 128, kSm100Float16PairSeconds}};
    }
  }
  return {};
}

std::int64_t min_smem_bytes(const DecodeTile& tile, DType dtype) {
  const std::int64_t cached_rows = tile.rows + 2 * tile.keys;
  return cached_rows * kQkDim * size_bytes(dtype) / tile.cluster_size;
}

int block_rows(const DecodeTile& tile) {
  return tile.rows / tile.cluster_size;
}

std::int64_t num_cluster_tiles(const RowTiling& rows, const DecodeTile& tile) {
  return ceil_div(rows.num_tiles, tile.cluster_size);
}

RowTiling tile_rows(std::int64_t q_len, int num_heads, int max_rows_per_tile) {
  const RowTiling dense = {
      .is_dense = true,
      .rows_per_tile = max_rows_per_tile,
      .num_tiles = ceil_div(q_len * num_heads, max_rows_per_tile),
  };
  for (int fold = max_rows_per_tile / num_heads; fold >= 1; --fold) {
    if (q_len % fold != 0) continue;
    if (q_len / fold > dense.num_tiles) break;
    return {.fold = fold, .rows_per_tile = fold * num_heads, .num_tiles = q_len / fold};
  }
  return dense;
}

std::vector<DecodeTile> sensible_tiles(const std::vector<DecodeTile>& tiles, std::int64_t q_len,
                                       int num_heads) {
  const auto num_row_tiles = [&](const DecodeTile& tile) {
    return num_cluster_tiles(tile_rows(q_len, num_heads, block_rows(tile)), tile);
  };
  // What a tile must beat: clusters as large with fewer row tiles, or smaller ones with as few.
  const auto is_beaten = [&](const DecodeTile& tile) {
    return std::ranges::any_of(tiles, [&](const DecodeTile& other) {
      if (other.cluster_size > tile.cluster_size) return false;
      const bool is_smaller = other.cluster_size < tile.cluster_size;
      return num_row_tiles(other) < num_row_tiles(tile) + (is_smaller ? 1 : 0);
    });
  };
  std::vector<DecodeTile> sensible;
  std::ranges::remove_copy_if(tiles, std::back_inserter(sensible), is_beaten);
  return sensible;
}

}  // namespace mla
