// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/sm90/decode_f16_score_product.cuh"
#include "device/sm90/decode_seesaw_group.cuh"
#include "device/sm90/decode_seesaw_store.cuh"

// The schedule of the two math warpgroups. The leader scores the first tile of a pair, the follower
// the second; what one of them does between products hides behind the other's:
//
//   leader    | softmax 0 | P0 V0 | P1 V1 | S2 ...           | softmax 2 | P2 V2 | ...
//   follower  | S1                | P0 V0 | P1 V1 | S3 ...               | P2 V2 | ...
//                         | softmax 1     |
//
// The follower's P0 V0 stands behind S1, so that it is under way during softmax 1. A half of a tile
// that has been multiplied is loaded anew during at least two further products.
namespace mla::sm90::seesaw {

// Where a warpgroup stands in the ring of key tiles: the two tiles of a pair.
struct PairStages {
  tile::Ring<2> kv;

  __device__ int first() const { return ptx::uniform(kv.stage); }
  __device__ int second() const { return first() ^ 1; }
  __device__ unsigned first_parity() const { return kv.parity(); }
  __device__ unsigned second_parity() const { return kv.parity() ^ unsigned(kv.stage); }
  __device__ void advance(bool has_second) {
    kv.advance();
    if (has_second) kv.advance();
  }
};

// Starts the part of S that a group of a tile's chunks has, a chunk when it arrives.
template <int kGroup, bool kIsFirst, DecodeConfig kConfig>
__device__ __forceinline__ void start_scores(MathGroup<kConfig>& self, float (&scores)[32],
                                             int stage, unsigned parity) {
  using Storage = Storage<kConfig>;
  constexpr bool kIsRope = kGroup == kRopeGroup;
  constexpr int kBegin = kIsRope ? Storage::kRopeChunk : (kGroup - 1) * Storage::kGroupChunks;
  constexpr int kEnd = kBegin + (kIsRope ? 1 : Storage::kGroupChunks);
  ptx::MatrixDescriptor query = f16::score_operand<kConfig>(self.storage.query);
  query.low = ptx::uniform(query.low);  // a loop invariant would be moved for every product
  const ptx::MatrixDescriptor keys = f16::score_operand<kConfig>(self.storage.kv[stage]);
#pragma unroll
  for (int chunk = kBegin; chunk < kEnd; ++chunk) {
    tile::wait(self.storage.chunk_full[stage][chunk], parity);
    ptx::wgmma_fence();
    f16::add_chunks<kConfig>(scores, query, keys, chunk, chunk + 1, !kIsFirst || chunk > kBegin);
  }
  ptx::wgmma_commit_group();
}

// Waits for the probabilities of the other warpgroup's tile and adapts the sums to them; no value
// product may be in flight.
template <DecodeConfig kConfig>
__device__ __forceinline__ void meet(MathGroup<kConfig>& self, tile::Ring<1>& theirs) {
  tile::wait(self.storage.p_full[self.half ^ 1], theirs.parity());
  theirs.advance();
  self.rescale_sums(self.take_references());
}

// The leader's part of a piece; returns the stage of its last tile, which it does not give back.
template <DecodeConfig kConfig>
__device__ __forceinline__ int lead_piece(MathGroup<kConfig>& self, PairStages& stages,
                                          tile::Ring<1>& theirs, int t, int tile_end) {
  auto& storage = self.storage;
  typename MathGroup<kConfig>::Probabilities p = {};
  float scores[32];
  start_scores<half_group(kLeader), true>(self, scores, stages.first(), stages.first_parity());
  for (;; t += 2) {
    const int first = stages.first(), second = stages.second();
    const unsigned parity = stages.first_parity();
    start_scores<half_group(kFollower), false>(self, scores, first, parity);
    start_scores<kRopeGroup, false>(self, scores, first, parity);
    ptx::wgmma_wait_group<0>();
    ptx::wgmma_fence_sums(scores);
    self.arrive(storage.kv_empty[first][kRopeGroup]);
    const bool has_second = t + 1 < tile_end, is_last = t + 2 >= tile_end;
    if (is_last) self.arrive(storage.query_empty);

    const tile::RowPair<float> factors = self.weigh(p, scores, t);
    self.hand_over_operand(p);
    self.rescale_sums(factors);
    self.start_values(p, first, t);
    self.template wait_for_values<0>();
    if (has_second) self.release(first);
    self.softmax.add_weights(p);
    stages.advance(has_second);
    if (!has_second) return first;

    meet(self, theirs);
    self.take_lanes(p, second);
    self.start_values(p, second, t + 1);
    if (is_last) {
      self.template wait_for_values<0>();
      return second;
    }
    start_scores<half_group(kLeader), true>(self, scores, stages.first(), stages.first_parity());
    self.template wait_for_values<1>();
    self.release(second);
  }
}

// The follower's part of a piece; returns the same.
template <DecodeConfig kConfig>
__device__ __forceinline__ int follow_piece(MathGroup<kConfig>& self, PairStages& stages,
                                            tile::Ring<1>& theirs, int t, int tile_end) {
  auto& storage = self.storage;
  typename MathGroup<kConfig>::Probabilities p = {};
  int last = -1;
  if (t + 1 >= tile_end) self.arrive(storage.query_empty);
  for (; t + 1 < tile_end; t += 2) {
    const int first = stages.first(), second = stages.second();
    float scores[32];
    const unsigned parity = stages.second_parity();
    start_scores<half_group(kFollower), true>(self, scores, second, parity);
    start_scores<half_group(kLeader), false>(self, scores, second, parity);
    start_scores<kRopeGroup, false>(self, scores, second, parity);
    meet(self, theirs);
    self.start_values(storage.operand_p(), first, t);
    ptx::wgmma_wait_group<1>();
    ptx::wgmma_fence_sums(scores);
    const bool is_last = t + 3 >= tile_end;
    if (is_last) self.arrive(storage.query_empty);

    const tile::RowPair<float> factors = self.weigh(p, scores, t + 1);
    self.hand_over_lanes(p, second);
    if (self.needs_rescale(factors)) {
      self.template wait_for_values<0>();
      self.sums.rescale(factors);
    }
    self.start_values(p, second, t + 1);
    self.template wait_for_values<1>();
    self.release(first);
    self.template wait_for_values<0>();
    if (t + 2 < tile_end) self.release(second);
    self.softmax.add_weights(p);
    last = second;
    stages.advance(true);
  }
  if (t < tile_end) {
    last = stages.first();
    meet(self, theirs);
    self.start_values(storage.operand_p(), last, t);
    self.template wait_for_values<0>();
    stages.advance(false);
  }
  return last;
}

// Role: one of the two math warpgroups.
template <DecodeConfig kConfig>
__device__ __forceinline__ void math_role(const DecodeParams& params, Storage<kConfig>& storage,
                                          tile::DecodeWalk walk, int worker, int row_tile,
                                          int half) {
  MathGroup<kConfig> self(params, storage, half);
  PairStages stages;
  tile::Ring<1> query, theirs;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    self.start_piece(piece.request, row_tile);
    tile::wait(storage.query_full, query.parity());
    query.advance();
    int last_stage = -1;
    if (piece.tile_begin == piece.tile_end) {
      self.arrive(storage.query_empty);
    } else if (half == kLeader) {
      last_stage = lead_piece<kConfig>(self, stages, theirs, piece.tile_begin, piece.tile_end);
    } else {
      last_stage = follow_piece<kConfig>(self, stages, theirs, piece.tile_begin, piece.tile_end);
    }
    finish_piece<kConfig>(self, f16::Destination(params, piece, worker, row_tile), last_stage);
  }
}

}  // namespace mla::sm90::seesaw
