// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/tma.cuh"
#include "device/sm90/decode_f16_destination.cuh"
#include "device/sm90/decode_seesaw_group.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"
#include "device/tile/row_exponent.cuh"
#include "device/tile/vector.cuh"

// A result leaves through the shared memory of the key tile that its piece ended with: a
// warpgroup's four chunks [64 keys][64 columns] of V become [64 rows][64 columns] of O.
namespace mla::sm90::seesaw {

using f16::Destination;
using f16::RowScales;
using f16::send_chunk;
using f16::store_lse;

// Rounds the sums to kOut and writes them to the tile, swizzled as the copy engine expects: 8
// columns (16 bytes) j of row r lie at place j ^ r % 8 of the row's 128 bytes.
template <ElementType kOut, DecodeConfig kConfig>
__device__ __forceinline__ void write_sums(const MathGroup<kConfig>& self, const RowScales& scales,
                                           int stage) {
  using Storage = Storage<kConfig>;
  auto* chunks = self.storage.kv[stage].chunks + self.half * Storage::kGroupChunks;
  const int row = 16 * self.warp + self.lane % 16;
  const unsigned row_address = ptx::shared_address(chunks[0][row]);
  const unsigned place = (self.lane / 16 ^ row % 8) * 16;
  const auto& [factor, mask] = scales;
#pragma unroll
  for (int i = 0; i < 32; i += 2) {
    const float* columns = self.sums.columns + 4 * i;
    const auto pair = [&](int at, float row_factor, unsigned row_mask) {
      return tile::rounded_pair<kOut>(columns[at] * row_factor, columns[at + 1] * row_factor) &
             row_mask;
    };
    const uint4 eight = {pair(0, factor.upper, mask.upper), pair(2, factor.lower, mask.lower),
                         pair(4, factor.upper, mask.upper), pair(6, factor.lower, mask.lower)};
    ptx::stmatrix_x4(
        row_address + i / 8 * int{sizeof(typename Storage::Chunk)} + (place ^ i % 8 * 16), eight);
  }
}

// What both warpgroups know of a row together, from either's point of view.
__device__ inline RowShare joined(const RowShare& own, const RowShare& other) {
  return {own.weight + other.weight, own.sum + other.sum, fmaxf(own.largest, other.largest)};
}

// Tells the other warpgroup of this one's share of the rows and returns the whole.
template <DecodeConfig kConfig>
__device__ __forceinline__ tile::RowPair<RowShare> exchange_shares(const MathGroup<kConfig>& self,
                                                                   bool is_split) {
  auto& shares = self.storage.shares;
  const auto& softmax = self.softmax;
  const tile::RowPair<float> largest =
      is_split ? self.sums.largest() : tile::RowPair<float>{0.0f, 0.0f};
  const tile::RowPair<RowShare> own = {
      {tile::quad_sum(softmax.weights.upper), tile::quad_sum(softmax.upper.sum), largest.upper},
      {tile::quad_sum(softmax.weights.lower), tile::quad_sum(softmax.lower.sum), largest.lower}};
  ptx::barrier_sync(kBothBarrier, 2 * 128);  // the shares of the piece before have been read
  if (self.leads) {
    shares[self.half][self.upper] = own.upper;
    shares[self.half][self.lower] = own.lower;
  }
  ptx::barrier_sync(kBothBarrier, 2 * 128);
  return {joined(own.upper, shares[self.half ^ 1][self.upper]),
          joined(own.lower, shares[self.half ^ 1][self.lower])};
}

// Chooses the exponent of a partial result's row, stores it for the warpgroup's columns, and folds
// it into the factor. Both warpgroups choose the same.
__device__ inline void apply_exponent(float& factor, float largest, signed char* exponent,
                                      bool stores) {
  const int chosen = tile::shared_exponent(largest * factor);
  factor *= tile::power_of_two(-chosen);
  if (stores) *exponent = static_cast<signed char>(chosen);
}

// One thread sends the warpgroup's chunks, and waits until they have been read.
template <DecodeConfig kConfig>
__device__ void send_half(const DecodeParams& params, typename Storage<kConfig>::Tile& tile,
                          const Destination& to, int half) {
  using Storage = Storage<kConfig>;
#pragma unroll
  for (int i = 0; i < Storage::kGroupChunks; ++i) {
    const int chunk = half * Storage::kGroupChunks + i;
    send_chunk(params, &tile.chunks[chunk], chunk * Storage::kChunkBytes, to);
  }
  ptx::cp_async_bulk_commit_group();
  ptx::cp_async_bulk_wait_group_read();
}

// Writes what a piece came to into the tile that it ended with.
template <DecodeConfig kConfig>
__device__ __forceinline__ void write_result(const MathGroup<kConfig>& self,
                                             const tile::RowPair<RowShare>& rows,
                                             const Destination& to, int stage) {
  const auto inverse = [](float weight) { return weight == 0.0f ? 0.0f : 1.0f / weight; };
  RowScales scales;
  scales.factor = {inverse(rows.upper.weight), inverse(rows.lower.weight)};
  scales.mask = {scales.factor.upper != 0.0f ? ~0u : 0u, scales.factor.lower != 0.0f ? ~0u : 0u};
  if (to.is_split) {
    signed char* exponents =
        self.params.partial_exponents + 2 * to.slot_row(self.params) + self.half;
    apply_exponent(scales.factor.upper, rows.upper.largest, exponents + 2 * self.upper,
                   self.leads && self.upper < to.num_rows);
    apply_exponent(scales.factor.lower, rows.lower.largest, exponents + 2 * self.lower,
                   self.leads && self.lower < to.num_rows);
    write_sums<ElementType::kFloat16>(self, scales, stage);
  } else {
    scales.factor.upper *= self.params.output_scale;
    scales.factor.lower *= self.params.output_scale;
    write_sums<kConfig.dtype>(self, scales, stage);
  }
  ptx::fence_proxy_async();
  ptx::barrier_sync(kHalfBarrier + self.half, 128);
}

// Stores a finished piece and gives back the tile that it ended with.
template <DecodeConfig kConfig>
__device__ __forceinline__ void finish_piece(const MathGroup<kConfig>& self, const Destination& to,
                                             int last_stage) {
  const tile::RowPair<RowShare> rows = exchange_shares(self, to.is_split);
  if (self.half == kLeader && self.leads) {
    store_lse(self.params, to, self.upper, self.softmax.upper.lse_of(rows.upper.sum));
    store_lse(self.params, to, self.lower, self.softmax.lower.lse_of(rows.lower.sum));
  }
  if (last_stage < 0) {
    f16::store_zeros<kConfig>(self.params, to, self.half);
    return;
  }
  write_result(self, rows, to, last_stage);
  if (self.warp == 0 && self.lane == 0) {
    send_half<kConfig>(self.params, self.storage.kv[last_stage], to, self.half);
    for (int i = 0; i < kGroupWarps; ++i) {
      ptx::mbarrier_arrive(self.storage.kv_empty[last_stage][half_group(self.half)]);
    }
  }
  __syncwarp();
}

}  // namespace mla::sm90::seesaw
