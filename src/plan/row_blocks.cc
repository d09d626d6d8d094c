// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/row_blocks.h"

namespace mla {

namespace {

// Full bandwidth needs 36 KB in flight per SM (measured on an H200): eight blocks of 8 KB give it
// room.
constexpr std::int64_t kBytesInFlightPerBlock = 8192;
constexpr std::int64_t kBlocksPerSm = 8;

}  // namespace

RowBlocks cut_rows(std::int64_t num_rows, std::int64_t bytes_per_row, const DeviceFacts& device) {
  const auto fits = [&](std::int64_t rows) {
    const bool fills_device = num_rows >= rows * device.num_sms;
    return rows * bytes_per_row <= kBytesInFlightPerBlock && fills_device;
  };
  RowBlocks blocks;
  while (blocks.rows_per_block < kBytesInFlightPerBlock && fits(2 * blocks.rows_per_block)) {
    blocks.rows_per_block *= 2;
  }
  blocks.grid =
      strided_grid(ceil_div(num_rows, blocks.rows_per_block), device.num_sms * kBlocksPerSm);
  return blocks;
}

}  // namespace mla
