// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/tcgen05.cuh"
#include "device/sm100/decode_row_state.cuh"
#include "device/sm100/decode_storage.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/row_exponent.cuh"
#include "device/tile/vector.cuh"

// A thread stores its half of a row straight from registers: 256 neighbouring bytes at a time,
// whole sectors of memory, so that nothing is gained by a detour through shared memory.
namespace mla::sm100 {

// Where a thread's row of a finished piece goes: to `out` when the piece is the whole request, else
// to the worker's partial slot.
struct Destination {
  bool exists;  // else the row is padding
  bool is_split;
  int request;
  int row;   // of the request
  int half;  // columns 256 i + 128 half ... + 127
  long long partial_row;

  __device__ Destination(const DecodeParams& params, const tile::WalkPiece& piece, int worker,
                         int row_tile, int row_in_tile, int column_half)
      : is_split(piece.is_split),
        request(piece.request),
        row(row_tile * params.rows_per_tile + row_in_tile),
        half(column_half) {
    exists = row_in_tile < params.rows_per_tile && row < params.num_rows;
    const long long slot = is_split ? partial_slot(worker, piece.is_head) : 0;
    partial_row = slot * params.num_rows + row;
  }

  // 16-bit elements, of `out` or of a partial result.
  __device__ unsigned short* columns(const DecodeParams& params) const {
    constexpr int kLatentColumns = 512;
    if (is_split) {
      return static_cast<unsigned short*>(params.partial_out) + partial_row * kLatentColumns +
             128 * half;
    }
    return static_cast<unsigned short*>(params.out) + tile::out_offset(params, request, row) +
           128 * half;
  }
};

// Calls visit(column, values) for every 32 columns that the thread's lane holds of O; the warp does
// so together.
template <typename Visit>
__device__ __forceinline__ void for_each_sums(unsigned sums, bool has_sums, Visit&& visit) {
#pragma unroll 1
  for (int column = 0; column < static_cast<int>(kSumColumns); column += 32) {
    float values[32] = {};
    if (has_sums) {
      ptx::tcgen05_ld_32x32b_x32(values, sums + column);
      ptx::tcgen05_wait_ld();
      ptx::tcgen05_fence_registers(values);
    }
    visit(column, values);
  }
}

// The exponent that a partial result's half row is stored with, for values multiplied by factor.
__device__ inline int partial_exponent(unsigned sums, float factor) {
  float largest = 0.0f;
  for_each_sums(sums, true, [&](int, const float(&values)[32]) {
#pragma unroll
    for (const float value : values) largest = fmaxf(largest, tile::finite_magnitude(value));
  });
  return tile::shared_exponent(largest * factor);
}

// Rounds the lane's columns and stores them; rows that saw no key are 0 whatever 0 * value came to.
template <ElementType kOut>
__device__ __forceinline__ void store_columns(unsigned short* columns, unsigned sums, bool has_sums,
                                              bool exists, float factor) {
  for_each_sums(sums, has_sums, [&](int column, float(&values)[32]) {
    if (!exists) return;
    unsigned short* target = columns + column / 128 * 256 + column % 128;
#pragma unroll
    for (int i = 0; i < 32; i += 8) {
      float scaled[8];
#pragma unroll
      for (int j = 0; j < 8; ++j) scaled[j] = factor == 0.0f ? 0.0f : values[i + j] * factor;
      *reinterpret_cast<uint4*>(target + i) = tile::rounded<kOut>(scaled);
    }
  });
}

__device__ inline void store_lse(const DecodeParams& params, const Destination& to, float lse) {
  if (!to.exists || to.half != 0) return;
  if (to.is_split) {
    params.partial_lse[to.partial_row] = lse;
  } else if (params.lse != nullptr) {
    params.lse[static_cast<long long>(to.request) * params.num_rows + to.row] =
        lse * params.lse_unit;
  }
}

// Stores the thread's half of a row. A piece without keys has no sums.
template <DecodeConfig kConfig>
__device__ void store_row(const DecodeParams& params, const Destination& to,
                          const RowResult& result, unsigned sums, bool has_sums) {
  constexpr bool kIsFloat16 = kConfig.dtype == ElementType::kFloat16;
  constexpr ElementType kOut = kIsFloat16 ? ElementType::kFloat16 : ElementType::kBFloat16;
  store_lse(params, to, result.lse);
  unsigned short* columns = to.columns(params);
  float factor = result.inverse_weight;
  if (!to.is_split) {
    store_columns<kOut>(columns, sums, has_sums, to.exists, factor * params.output_scale);
    return;
  }
  if constexpr (has_partial_exponents(kConfig)) {
    const int exponent = partial_exponent(sums, factor);
    factor *= tile::power_of_two(-exponent);
    if (to.exists) {
      params.partial_exponents[2 * to.partial_row + to.half] = static_cast<signed char>(exponent);
    }
  }
  store_columns<ElementType::kFloat16>(columns, sums, has_sums, to.exists, factor);
}

}  // namespace mla::sm100
