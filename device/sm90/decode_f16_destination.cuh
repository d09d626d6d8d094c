// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_params.h"
#include "device/ptx/tma.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/online_softmax.cuh"

namespace mla::sm90::f16 {

// What a thread's rows are multiplied by, and which are 0 because they see none of the keys,
// whatever 0 * value came to.
struct RowScales {
  tile::RowPair<float> factor;
  tile::RowPair<unsigned> mask;
};

// Where a finished piece of a row tile goes: to `out` when it is the whole request, else to the
// worker's partial slot.
struct Destination {
  bool is_split;
  int request;
  int slot;
  int row_tile;
  int first_row;
  int num_rows;

  __device__ Destination(const DecodeParams& params, const tile::WalkPiece& piece, int worker,
                         int tile_index)
      : is_split(piece.is_split),
        request(piece.request),
        slot(piece.is_split ? static_cast<int>(partial_slot(worker, piece.is_head)) : 0),
        row_tile(tile_index),
        first_row(tile_index * params.rows_per_tile),
        num_rows(min(params.rows_per_tile, params.num_rows - first_row)) {}

  __device__ long long slot_row(const DecodeParams& params) const {
    return static_cast<long long>(slot) * params.num_rows + first_row;
  }
};

// Stores the rows of one chunk, 64 columns, from shared memory; they begin at byte column_byte.
__device__ inline void send_chunk(const DecodeParams& params, const void* chunk, int column_byte,
                                  const Destination& to) {
  if (to.is_split) {
    ptx::cp_async_bulk_tensor_4d_store(&params.partial_map, chunk, column_byte, to.first_row,
                                       to.slot, 0);
  } else {
    ptx::cp_async_bulk_tensor_4d_store(&params.out_map, chunk, column_byte,
                                       to.row_tile * params.query_head_step,
                                       to.row_tile * params.query_token_step, to.request);
  }
}

// `row` is one of the tile.
__device__ inline void store_lse(const DecodeParams& params, const Destination& to, int row,
                                 float lse) {
  if (row >= to.num_rows) return;
  if (to.is_split) {
    params.partial_lse[to.slot_row(params) + row] = lse;
  } else if (params.lse != nullptr) {
    params.lse[static_cast<long long>(to.request) * params.num_rows + to.first_row + row] =
        lse * params.lse_unit;
  }
}

// The result of a request without keys, which has no tile to leave through: half of its columns.
template <DecodeConfig kConfig>
__device__ void store_zeros(const DecodeParams& params, const Destination& to, int half) {
  constexpr int kVectors = kConfig.latent_dim / 8 / 2;
  auto* out = static_cast<unsigned short*>(params.out);
#pragma unroll 1
  for (int i = threadIdx.x % 128; i < to.num_rows * kVectors; i += 128) {
    const int column = 8 * (half * kVectors + i % kVectors);
    const long long row = tile::out_offset(params, to.request, to.first_row + i / kVectors);
    *reinterpret_cast<uint4*>(out + row + column) = make_uint4(0, 0, 0, 0);
  }
}

}  // namespace mla::sm90::f16
