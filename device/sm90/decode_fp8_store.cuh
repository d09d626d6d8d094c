// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/cvt.cuh"
#include "device/ptx/sync.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"

namespace mla::sm90 {

// Where the rows of a tile begin in the output of a request, in elements. Kept in shared memory,
// since finding it takes divisions.
template <DecodeConfig kConfig>
__device__ void note_row_offsets(const DecodeParams& params, DecodeStorage<kConfig>& storage,
                                 int row_tile, int thread) {
  if (thread >= DecodeStorage<kConfig>::kTileRows) return;
  storage.out_offset[thread] =
      tile::out_offset(params, 0, row_tile * params.rows_per_tile + thread);
}

// Where a piece goes: to `out` when it is the whole request, else to the worker's partial slot. One
// code stores both, since it is long and fetched anew in every launch.
struct PieceTarget {
  unsigned short* columns;  // of the piece's first row
  float scale;
  bool is_split;

  // Where a row begins, in elements.
  template <DecodeConfig kConfig>
  __device__ long long offset(const DecodeStorage<kConfig>& storage, int row) const {
    return is_split ? row * kConfig.latent_dim : storage.out_offset[row];
  }

  __device__ unsigned pack(float even, float odd) const {
    return is_split ? ptx::cvt_rn_f16x2(even, odd) : ptx::cvt_rn_bf16x2(even, odd);
  }
};

// Stores the rows of a piece as pairs of columns. `sums` has the layout of ValueProduct.
template <DecodeConfig kConfig, int kBlocks, int kRegisters>
__device__ void store_rows(const DecodeStorage<kConfig>& storage,
                           const float (&sums)[kBlocks][kRegisters], int num_rows,
                           const PieceTarget& piece) {
  const int lane_row = 2 * (ptx::laneid() % 4);
#pragma unroll
  for (int i = 0; i < kRegisters / 2; ++i) {
    const int row = 8 * (i / 2) + lane_row + i % 2;
    if (row >= num_rows) continue;
    const float scale = storage.inverse_sum[row] * piece.scale;
    unsigned short* target = piece.columns + piece.offset(storage, row);
#pragma unroll
    for (int b = 0; b < kBlocks; ++b) {
      const unsigned pair = piece.pack(sums[b][4 * (i / 2) + i % 2] * scale,
                                       sums[b][4 * (i / 2) + 2 + i % 2] * scale);
      // A row that sees none of the piece's keys is 0, whatever 0 * value came to.
      *reinterpret_cast<unsigned*>(target + 64 * b) = scale != 0.0f ? pair : 0u;
    }
  }
}

// Writes a finished piece.
template <DecodeConfig kConfig, int kBlocks, int kRegisters>
__device__ void store_piece(const DecodeParams& params, const DecodeStorage<kConfig>& storage,
                            const float (&sums)[kBlocks][kRegisters], const tile::WalkPiece& piece,
                            int worker, int row_tile, int half) {
  const int warp = ptx::warp_in_group(), lane = ptx::laneid();
  const int first_row = row_tile * params.rows_per_tile;
  const int num_rows = min(params.rows_per_tile, params.num_rows - first_row);
  const int first_column =
      half * (kConfig.latent_dim / kNumValuesWarpgroups) + 16 * warp + 2 * (lane / 4);
  const long long slot_row = partial_slot(worker, piece.is_head) * params.num_rows + first_row;
  auto* base = static_cast<unsigned short*>(piece.is_split ? params.partial_out : params.out);
  base += piece.is_split ? slot_row * kConfig.latent_dim : piece.request * params.out_batch_stride;
  store_rows<kConfig>(
      storage, sums, num_rows,
      {base + first_column, piece.is_split ? 1.0f : params.output_scale, piece.is_split});
  const int row = 32 * warp + lane;
  if (half != 0 || row >= num_rows) return;
  if (piece.is_split) {
    params.partial_lse[slot_row + row] = storage.lse[row];
  } else if (params.lse != nullptr) {
    params.lse[static_cast<long long>(piece.request) * params.num_rows + first_row + row] =
        storage.lse[row] * params.lse_unit;
  }
}

}  // namespace mla::sm90
