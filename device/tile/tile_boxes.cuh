// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

namespace mla::tile {

// Keys that the copy engine brings at once: a page, or as many of one as are wanted.
constexpr int box_rows(int page_size, int num_keys) {
  return page_size < num_keys ? page_size : num_keys;
}

// Where the keys of a tile, or of a block's part of one, lie in the cache. Past the last key of the
// request its last box stands again: nothing is looked up there, and every row is loaded.
template <int kPageSize, int kBoxRows, int kKeys>
struct TileBoxes {
  static constexpr int kRows = kBoxRows;
  static constexpr int kCount = kKeys / kBoxRows;

  int pages[kCount];
  int rows[kCount];  // of the page

  // first_key is a multiple of kBoxRows, seq_len above 0.
  __device__ void read(const int* table, int first_key, int seq_len) {
    const int last = (seq_len - 1) / kBoxRows * kBoxRows;
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      const int key = min(first_key + i * kBoxRows, last);
      pages[i] = table[key / kPageSize];
      rows[i] = key % kPageSize;
    }
  }
};

}  // namespace mla::tile
