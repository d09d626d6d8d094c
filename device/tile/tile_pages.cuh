// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

namespace mla::tile {

// The page indices of one key tile, read ahead of their use. Past the last key the tile's last page
// stands again: nothing is looked up there, and every row of the tile is loaded.
template <int kPageSize, int kTileKv>
struct TilePages {
  static constexpr int kRows = kPageSize < kTileKv ? kPageSize : kTileKv;  // of a page in the tile
  static constexpr int kMaxPages = kTileKv / kRows;

  int pages[kMaxPages];
  int first_row;  // of the tile within its page, where pages are larger than tiles

  __device__ void read(const int* table, int tile, int seq_len) {
    const int first_key = tile * kTileKv;
    const int last = min(kMaxPages, (seq_len - first_key + kRows - 1) / kRows) - 1;
    first_row = first_key % kPageSize - first_key % kRows;
#pragma unroll
    for (int i = 0; i < kMaxPages; ++i) {
      pages[i] = i == 0 || i <= last ? table[first_key / kPageSize + i] : pages[i - 1];
    }
  }
};

}  // namespace mla::tile
