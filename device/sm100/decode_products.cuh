// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/tcgen05.cuh"
#include "device/sm100/decode_storage.cuh"
#include "device/sm100/pair.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"

namespace mla::sm100 {

// Issues the matrix instructions of a block, or of both blocks of a pair, from one thread.
template <DecodeConfig kConfig>
struct Products {
  using Shape = DecodeShape<kConfig>;
  static constexpr int kBlocks = Shape::kBlocks;
  static constexpr unsigned kScoresInstruction =
      ptx::mma_instruction(kConfig.dtype, kConfig.tile_rows, kConfig.tile_kv, false);
  static constexpr unsigned kValuesInstruction =
      ptx::mma_instruction(kConfig.dtype, kConfig.tile_rows, kColumnsPerProduct, true);
  static constexpr int kStepKeys = ptx::kMmaDepthBytes / Shape::kElementBytes;
  static constexpr int kLatentSteps =
      Shape::kLatentChunks * Shape::kChunkBytes / ptx::kMmaDepthBytes;
  static constexpr int kScoreSteps = kLatentSteps + Shape::kRopeBytes / ptx::kMmaDepthBytes;
  static constexpr int kProductSteps = kConfig.tile_kv / kStepKeys;
  static constexpr int kValueSteps = kProductsPerTile * kProductSteps;
  static_assert(kValueSteps <= kScoreSteps);

  DecodeStorage<kConfig>& storage;
  unsigned tensor_memory;
  tile::Ring<Shape::kKeyStages> keys;
  tile::Ring<Shape::kIsPair ? Shape::kValueStages : Shape::kKeyStages> values;
  tile::Ring<kScoreStages> scores;
  tile::Ring<Shape::kPStages> p;

  __device__ bool are_keys_loaded() {
    return leader_glances<kBlocks>(storage.key_full[keys.stage], keys.parity());
  }

  // And the tile's values.
  __device__ bool are_probabilities_stored() {
    if constexpr (Shape::kIsPair) {
      if (!leader_glances<kBlocks>(storage.value_full[values.stage], values.parity())) return false;
    }
    return leader_glances<kBlocks>(storage.p_full[p.stage], p.parity());
  }

  __device__ void wait_for_keys() {
    leader_wait<kBlocks>(storage.key_full[keys.stage], keys.parity());
    ptx::tcgen05_fence_after_thread_sync();
  }

  __device__ void wait_for_probabilities() {
    if constexpr (Shape::kIsPair) {
      leader_wait<kBlocks>(storage.value_full[values.stage], values.parity());
    }
    leader_wait<kBlocks>(storage.p_full[p.stage], p.parity());
    ptx::tcgen05_fence_after_thread_sync();
  }

  // One of the instructions S[rows, tile_kv] += Q K^T of the next tile.
  __device__ __forceinline__ void issue_score_step(int step) {
    const unsigned d = scores_address<kConfig>(tensor_memory, scores.stage);
    const auto& query = storage.query;
    const auto& tile = storage.keys[keys.stage];
    const auto issue = [&](const auto& a, const auto& b, ptx::TensorSwizzle swizzle, int byte) {
      ptx::tcgen05_mma<kConfig.dtype, kBlocks>(d, ptx::tensor_matrix(a, swizzle).moved(byte),
                                               ptx::tensor_matrix(b, swizzle).moved(byte),
                                               kScoresInstruction, step > 0);
    };
    if (step < kLatentSteps) {
      const int byte = step * ptx::kMmaDepthBytes, chunk = byte / Shape::kChunkBytes;
      issue(query.latent[chunk], tile.latent[chunk], ptx::TensorSwizzle::k128B,
            byte % Shape::kChunkBytes);
    } else {
      const int byte = (step - kLatentSteps) * ptx::kMmaDepthBytes;
      issue(query.rope, tile.rope, Shape::kRopeSwizzle, byte);
    }
  }

  // What the next tile's values lie in: chunks of [keys][128 bytes].
  __device__ __forceinline__ auto& value_chunks() {
    if constexpr (Shape::kIsPair) {
      return storage.values.tiles[values.stage].chunks;
    } else {
      return storage.keys[values.stage].latent;
    }
  }

  // One of the instructions O[rows, latent] (+)= P V of the next tile, for 256 columns.
  __device__ __forceinline__ void issue_value_step(int index, bool accumulates) {
    constexpr int kProductChunks = Shape::kValueChunks / kProductsPerTile;
    const int product = index / kProductSteps, step = index % kProductSteps;
    const auto& chunks = value_chunks();
    const ptx::TensorMatrix a = ptx::tensor_matrix(storage.p[p.stage], Shape::kPSwizzle);
    const ptx::TensorMatrix b = ptx::tensor_matrix(chunks[product * kProductChunks],
                                                   ptx::TensorSwizzle::k128B, sizeof(chunks[0]));
    ptx::tcgen05_mma<kConfig.dtype, kBlocks>(tensor_memory + product * kColumnsPerProduct / 2,
                                             a.moved(step * ptx::kMmaDepthBytes),
                                             b.moved(step * kStepKeys * Shape::kChunkBytes),
                                             kValuesInstruction, accumulates || step > 0);
  }

  __device__ void announce_scores() {
    ptx::tcgen05_commit<kBlocks>(storage.scores_full[scores.stage]);
    if constexpr (Shape::kIsPair) ptx::tcgen05_commit<kBlocks>(storage.key_empty[keys.stage]);
    keys.advance();
    scores.advance();
  }

  __device__ void announce_values() {
    ptx::tcgen05_commit<kBlocks>(storage.p_empty[p.stage]);
    ptx::tcgen05_commit<kBlocks>(Shape::kIsPair ? storage.value_empty[values.stage]
                                                : storage.key_empty[values.stage]);
    values.advance();
    p.advance();
  }

  __device__ void issue_scores() {
#pragma unroll
    for (int step = 0; step < kScoreSteps; ++step) issue_score_step(step);
    announce_scores();
  }

  __device__ void issue_values(bool accumulates) {
#pragma unroll
    for (int step = 0; step < kValueSteps; ++step) issue_value_step(step, accumulates);
    announce_values();
  }

  // Each adds to sums of its own, so that one's instruction need not wait for the other's result.
  __device__ void issue_scores_and_values(bool accumulates) {
#pragma unroll
    for (int step = 0; step < kScoreSteps; ++step) {
      issue_score_step(step);
      const int values_before = step * kValueSteps / kScoreSteps;
      if ((step + 1) * kValueSteps / kScoreSteps > values_before) {
        issue_value_step(values_before, accumulates);
      }
    }
    announce_scores();
    announce_values();
  }
};

// Role: one thread of the leader. Scores go ahead of values where their keys are there, so that the
// tensor cores have work during the softmax: by one tile, and by another one once a tile's
// probabilities are there, which leave its place of the two stages of S free.
template <DecodeConfig kConfig>
__device__ void products_role(DecodeStorage<kConfig>& storage, tile::DecodeWalk walk,
                              unsigned tensor_memory) {
  constexpr int kBlocks = kConfig.cluster_size;
  Products<kConfig> products{storage, tensor_memory};
  tile::Ring<1> query;
  tile::WalkPiece piece;
  while (walk.next(piece)) {
    if (piece.tile_begin == piece.tile_end) continue;
    leader_wait<kBlocks>(storage.query_full, query.parity());
    query.advance();
    int scored = piece.tile_begin, added = piece.tile_begin;
    const auto count_scores = [&] {
      if (++scored == piece.tile_end) ptx::tcgen05_commit<kBlocks>(storage.query_empty);
    };
    while (added < piece.tile_end) {
      const bool can_score = scored < piece.tile_end && scored - added < kScoreStages;
      if (can_score && (scored == added || products.are_keys_loaded())) {
        products.wait_for_keys();
        products.issue_scores();
        count_scores();
        continue;
      }
      if (can_score && !products.are_probabilities_stored()) continue;  // what comes first goes on
      products.wait_for_probabilities();
      const bool accumulates = added++ > piece.tile_begin;
      if (scored < piece.tile_end && products.are_keys_loaded()) {
        products.wait_for_keys();
        products.issue_scores_and_values(accumulates);
        count_scores();
      } else {
        products.issue_values(accumulates);
      }
    }
  }
}

}  // namespace mla::sm100
