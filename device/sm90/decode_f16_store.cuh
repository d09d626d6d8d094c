// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/tma.cuh"
#include "device/sm90/decode_f16_destination.cuh"
#include "device/sm90/decode_f16_storage.cuh"
#include "device/sm90/decode_f16_sums.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/row_exponent.cuh"
#include "device/tile/vector.cuh"

// A result leaves through the shared memory of the key tile that its piece ended with: a
// warpgroup's four chunks [64 keys][64 columns] of V become [64 rows][64 columns] of O.
namespace mla::sm90::f16 {

// Rounds the sums to kOut and writes them to the tile, swizzled as the copy engine expects: 8
// columns (16 bytes) j of row r lie at place j ^ r % 8 of the row's 128 bytes.
template <ElementType kOut, typename Tile>
__device__ void write_sums(Tile& tile, const ValueSums& sums, const RowScales& scales, int half,
                           int warp, int lane) {
  constexpr int kRowBytes = 128;
  const int row = 16 * warp + lane / 4;  // and row + 8
  const unsigned lane_offset = row * kRowBytes + (row % 8 << 4) + lane % 4 * 4;
  const auto& [factor, mask] = scales;
#pragma unroll
  for (int block = 0; block < ValueSums::kBlocks; ++block) {
#pragma unroll
    for (int i = 0; i < 16; ++i) {
      auto& chunk = tile.chunks[ValueSums::first_chunk(block, half) + i / 8];
      unsigned char* upper = &chunk[0][0] + (lane_offset ^ i % 8 << 4);
      const float* columns = sums.blocks[block] + 4 * i;
      *reinterpret_cast<unsigned*>(upper) =
          tile::rounded_pair<kOut>(columns[0] * factor.upper, columns[1] * factor.upper) &
          mask.upper;
      *reinterpret_cast<unsigned*>(upper + 8 * kRowBytes) =
          tile::rounded_pair<kOut>(columns[2] * factor.lower, columns[3] * factor.lower) &
          mask.lower;
    }
  }
}

// Chooses the exponents of a partial result's rows, stores them, and folds them into the factors.
__device__ inline void apply_exponents(RowScales& scales, const ValueSums& sums,
                                       signed char* exponents, int num_rows, int upper_row,
                                       int half, int lane) {
  const tile::RowPair<float> largest = sums.largest();
  const auto apply = [&](float& factor, float row_largest, int row) {
    const int exponent = tile::shared_exponent(row_largest * factor);
    factor *= tile::power_of_two(-exponent);
    if (lane % 4 == 0 && row < num_rows) {
      exponents[2 * row + half] = static_cast<signed char>(exponent);
    }
  };
  apply(scales.factor.upper, largest.upper, upper_row);
  apply(scales.factor.lower, largest.lower, upper_row + 8);
}

// One thread sends the warpgroup's chunks, and waits until they have been read.
template <DecodeConfig kConfig>
__device__ void send_chunks(const DecodeParams& params, typename Storage<kConfig>::Tile& tile,
                            const Destination& to, int half) {
#pragma unroll
  for (int i = 0; i < ValueSums::kBlocks * ValueSums::kBlockChunks; ++i) {
    const int chunk =
        ValueSums::first_chunk(i / ValueSums::kBlockChunks, half) + i % ValueSums::kBlockChunks;
    send_chunk(params, &tile.chunks[chunk], chunk * Storage<kConfig>::kChunkBytes, to);
  }
  ptx::cp_async_bulk_commit_group();
  ptx::cp_async_bulk_wait_group_read();
}

// Stores what a piece came to. The tile is the warpgroup's until this returns.
template <DecodeConfig kConfig>
__device__ void store_sums(const DecodeParams& params, const Storage<kConfig>& storage,
                           typename Storage<kConfig>::Tile& tile, const ValueSums& sums,
                           const Destination& to, int half, int warp, int lane) {
  const int upper_row = 16 * warp + lane / 4;
  RowScales scales;
  scales.factor = {storage.results[upper_row].inverse_weight,
                   storage.results[upper_row + 8].inverse_weight};
  scales.mask = {scales.factor.upper != 0.0f ? ~0u : 0u, scales.factor.lower != 0.0f ? ~0u : 0u};
  // Another warp may still be multiplying by the chunks.
  ptx::barrier_sync(kFirstValuesBarrier + half, 128);
  if (to.is_split) {
    apply_exponents(scales, sums, params.partial_exponents + 2 * to.slot_row(params), to.num_rows,
                    upper_row, half, lane);
    write_sums<ElementType::kFloat16>(tile, sums, scales, half, warp, lane);
  } else {
    scales.factor.upper *= params.output_scale;
    scales.factor.lower *= params.output_scale;
    write_sums<kConfig.dtype>(tile, sums, scales, half, warp, lane);
  }
  ptx::fence_proxy_async();
  ptx::barrier_sync(kFirstValuesBarrier + half, 128);
}

}  // namespace mla::sm90::f16
