// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/cvt.cuh"
#include "device/sm90/decode_fp8_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"

namespace mla::sm90 {

// Writes a finished piece: to `out` when it is the whole request, else to the worker's partial
// slot. `sums` has the layout of ValueProduct.
template <DecodeConfig kConfig, int kBlocks, int kRegisters>
__device__ void store_piece(const DecodeParams& params, const DecodeStorage<kConfig>& storage,
                            const float (&sums)[kBlocks][kRegisters], const tile::WalkPiece& piece,
                            int worker, int row_tile, int half, int warp, int lane) {
  const int first_row = row_tile * params.rows_per_tile;
  const int num_rows = min(params.rows_per_tile, params.num_rows - first_row);
  const long long slot_row =
      piece.is_split ? partial_slot(worker, piece.is_head) * params.num_rows + first_row : 0;
  const int first_column =
      half * (kConfig.latent_dim / kNumValuesWarpgroups) + 16 * warp + 2 * (lane / 4);
#pragma unroll
  for (int i = 0; i < kRegisters / 2; ++i) {
    const int row = 8 * (i / 2) + 2 * (lane % 4) + i % 2;
    if (row >= num_rows) continue;
    const long long offset = piece.is_split
                                 ? (slot_row + row) * kConfig.latent_dim
                                 : tile::out_offset(params, piece.request, first_row + row);
    unsigned short* columns =
        static_cast<unsigned short*>(piece.is_split ? params.partial_out : params.out) + offset +
        first_column;
    const float scale = storage.inverse_sum[row] * (piece.is_split ? 1.0f : params.output_scale);
#pragma unroll
    for (int b = 0; b < kBlocks; ++b) {
      // A row that sees none of the piece's keys is 0, whatever 0 * value came to.
      const bool sees_keys = storage.inverse_sum[row] != 0.0f;
      const float even = sees_keys ? sums[b][4 * (i / 2) + i % 2] * scale : 0.0f;
      const float odd = sees_keys ? sums[b][4 * (i / 2) + 2 + i % 2] * scale : 0.0f;
      *reinterpret_cast<unsigned*>(columns + 64 * b) =
          piece.is_split ? ptx::cvt_rn_f16x2(even, odd) : ptx::cvt_rn_bf16x2(even, odd);
    }
  }
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
