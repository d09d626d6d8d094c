// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

namespace mla::tile::cta {

// Writes zeros to the rows of a shared matrix from `first_row` on. The first num_threads threads of
// the block call it.
template <int kRows, int kRowBytes>
__device__ inline void clear_rows(unsigned char (&matrix)[kRows][kRowBytes], int first_row,
                                  int num_threads) {
  static_assert(kRowBytes % sizeof(uint4) == 0);
  constexpr int kRowVectors = kRowBytes / sizeof(uint4);
  uint4* vectors = reinterpret_cast<uint4*>(matrix[0]);
#pragma unroll 1
  for (int i = first_row * kRowVectors + threadIdx.x; i < kRows * kRowVectors; i += num_threads) {
    vectors[i] = make_uint4(0, 0, 0, 0);
  }
}

}  // namespace mla::tile::cta
