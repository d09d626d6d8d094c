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

  DecodeStorage<kConfig>& storage;
  unsigned tensor_memory;
  tile::Ring<Shape::kKeyStages> keys;
  tile::Ring<Shape::kIsPair ? Shape::kValueStages : Shape::kKeyStages> values;
  tile::Ring<kScoreStages> scores;
  tile::Ring<Shape::kPStages> p;

  // D (+)= A B over num_bytes of k, where A and B are K-major.
  __device__ __forceinline__ void add_span(unsigned d, ptx::TensorMatrix a, ptx::TensorMatrix b,
                                           int num_bytes, bool accumulates) {
#pragma unroll
    for (int byte = 0; byte < num_bytes; byte += ptx::kMmaDepthBytes) {
      ptx::tcgen05_mma<kConfig.dtype, kBlocks>(d, a.moved(byte), b.moved(byte), kScoresInstruction,
                                               accumulates || byte > 0);
    }
  }

  __device__ bool are_keys_loaded() {
    return leader_sees<kBlocks>(storage.key_full[keys.stage], keys.parity());
  }

  // S[rows, tile_kv] = Q K^T of the next tile. The stage of S is free: its last scores became
  // probabilities that issue_values has waited for.
  __device__ void issue_scores() {
    leader_wait<kBlocks>(storage.key_full[keys.stage], keys.parity());
    ptx::tcgen05_fence_after_thread_sync();
    constexpr auto kLatentSwizzle = ptx::TensorSwizzle::k128B;
    const unsigned d = scores_address<kConfig>(tensor_memory, scores.stage);
    const auto& query = storage.query;
    const auto& tile = storage.keys[keys.stage];
    const ptx::TensorMatrix a = ptx::tensor_matrix(query.latent, kLatentSwizzle);
    const ptx::TensorMatrix b = ptx::tensor_matrix(tile.latent, kLatentSwizzle);
#pragma unroll
    for (int chunk = 0; chunk < Shape::kLatentChunks; ++chunk) {
      add_span(d, a.moved(chunk * sizeof(query.latent[0])), b.moved(chunk * sizeof(tile.latent[0])),
               Shape::kChunkBytes, chunk > 0);
    }
    add_span(d, ptx::tensor_matrix(query.rope, Shape::kRopeSwizzle),
             ptx::tensor_matrix(tile.rope, Shape::kRopeSwizzle), Shape::kRopeBytes, true);
    ptx::tcgen05_commit<kBlocks>(storage.scores_full[scores.stage]);
    if constexpr (Shape::kIsPair) ptx::tcgen05_commit<kBlocks>(storage.key_empty[keys.stage]);
    keys.advance();
    scores.advance();
  }

  // What the next tile's values lie in: chunks of [keys][128 bytes].
  __device__ __forceinline__ auto& value_chunks() {
    if constexpr (Shape::kIsPair) {
      return storage.values.tiles[values.stage].chunks;
    } else {
      return storage.keys[values.stage].latent;
    }
  }

  // O[rows, latent] (+)= P V of the next tile, 256 columns an instruction.
  __device__ void issue_values(bool accumulates) {
    if constexpr (Shape::kIsPair) {
      leader_wait<kBlocks>(storage.value_full[values.stage], values.parity());
    }
    leader_wait<kBlocks>(storage.p_full[p.stage], p.parity());
    ptx::tcgen05_fence_after_thread_sync();
    constexpr int kStepKeys = ptx::kMmaDepthBytes / Shape::kElementBytes;
    const ptx::TensorMatrix a = ptx::tensor_matrix(storage.p[p.stage], Shape::kPSwizzle);
    const auto& chunks = value_chunks();
    constexpr int kProductChunks = Shape::kValueChunks / kProductsPerTile;
#pragma unroll
    for (int product = 0; product < kProductsPerTile; ++product) {
      const unsigned d = tensor_memory + product * kColumnsPerProduct / 2;
      const ptx::TensorMatrix b = ptx::tensor_matrix(chunks[product * kProductChunks],
                                                     ptx::TensorSwizzle::k128B, sizeof(chunks[0]));
#pragma unroll
      for (int step = 0; step < kConfig.tile_kv / kStepKeys; ++step) {
        ptx::tcgen05_mma<kConfig.dtype, kBlocks>(d, a.moved(step * ptx::kMmaDepthBytes),
                                                 b.moved(step * kStepKeys * Shape::kChunkBytes),
                                                 kValuesInstruction, accumulates || step > 0);
      }
    }
    ptx::tcgen05_commit<kBlocks>(storage.p_empty[p.stage]);
    ptx::tcgen05_commit<kBlocks>(Shape::kIsPair ? storage.value_empty[values.stage]
                                                : storage.key_empty[values.stage]);
    values.advance();
    p.advance();
  }
};

// Role: one thread of the leader. The next tile's scores go ahead of this tile's values where its
// keys are there, so that the tensor cores have work during the softmax.
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
    while (added < piece.tile_end) {
      const bool can_score = scored < piece.tile_end && scored - added < kScoreStages;
      if (can_score && (scored == added || products.are_keys_loaded())) {
        products.issue_scores();
        if (++scored == piece.tile_end) ptx::tcgen05_commit<kBlocks>(storage.query_empty);
      } else {
        products.issue_values(added > piece.tile_begin);
        ++added;
      }
    }
  }
}

}  // namespace mla::sm100
