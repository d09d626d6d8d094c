// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/tcgen05.cuh"
#include "device/ptx/tcgen05_mma_m128.cuh"
#include "device/sm100/prefill_storage.cuh"
#include "device/tile/prefill_walk.cuh"
#include "device/tile/ring.cuh"

namespace mla::sm100::prefill {

// Issues the matrix instructions of a block, from one thread.
template <PrefillConfig kConfig>
class Products {
  using Storage = Storage<kConfig>;
  static constexpr int kHalves = Storage::kHalves;
  static constexpr auto kChunkSwizzle =
      Storage::kChunkBytes == 128 ? ptx::TensorSwizzle::k128B : ptx::TensorSwizzle::k64B;
  static constexpr int kStepKeys = ptx::kMmaDepthBytes / Storage::kBytes;
  static constexpr unsigned kScoresInstruction =
      ptx::mma_instruction_m128(kConfig.dtype, kConfig.dtype, kConfig.tile_kv, false);
  static constexpr unsigned kValuesInstruction =
      ptx::mma_instruction_m128(probability_type(kConfig), kConfig.dtype, kConfig.d_v, true);

 public:
  __device__ Products(Storage& storage, unsigned tensor_memory)
      : storage_(storage), tensor_memory_(tensor_memory) {}

  // All products of an item. Scores of a half's next tile follow its values, which are multiplied
  // with what lies in the place of those scores; the softmax of the other half runs meanwhile.
  __device__ void multiply(const tile::PrefillItem& item) {
    int num_tiles[kHalves];
#pragma unroll
    for (int half = 0; half < kHalves; ++half) {
      num_tiles[half] = item.template tiles_of<kConfig>(kHalfRows * half, kHalfRows * (half + 1));
    }
    wait_for(storage_.query_full, query_.parity());
    query_.advance();
    wait_for_keys();
#pragma unroll
    for (int half = 0; half < kHalves; ++half) {
      if (item.num_tiles <= num_tiles[half]) issue_scores(half);
    }
    release_keys();
#pragma unroll 1
    for (int t = item.num_tiles - 1; t >= 0; --t) {
      if (t > 0) wait_for_keys();
      wait_for(storage_.value_full[values_.stage], values_.parity());
#pragma unroll
      for (int half = 0; half < kHalves; ++half) {
        if (t < num_tiles[half]) add_values(half, t + 1 < num_tiles[half]);
        if (t > 0 && t - 1 < num_tiles[half]) issue_scores(half);
      }
      ptx::tcgen05_commit<1>(storage_.value_empty[values_.stage]);
      values_.advance();
      if (t > 0) release_keys();
    }
    ptx::tcgen05_commit<1>(storage_.query_empty);
  }

 private:
  __device__ void wait_for(ptx::Barrier& barrier, unsigned parity) {
    tile::wait(barrier, parity);
    ptx::tcgen05_fence_after_thread_sync();
  }

  __device__ void wait_for_keys() { wait_for(storage_.key_full[keys_.stage], keys_.parity()); }

  __device__ void release_keys() {
    ptx::tcgen05_commit<1>(storage_.key_empty[keys_.stage]);
    keys_.advance();
  }

  __device__ unsigned scores_of(int half) const { return tensor_memory_ + kHalfColumns * half; }

  // S[128, tile_kv] = Q K^T of a half and the tile of keys at hand.
  __device__ __forceinline__ void issue_scores(int half) {
    const auto& keys = storage_.keys[keys_.stage];
#pragma unroll
    for (int chunk = 0; chunk < Storage::kChunks; ++chunk) {
      const auto query =
          ptx::tensor_matrix(storage_.query.chunks[chunk][kHalfRows * half], kChunkSwizzle);
      const auto key = ptx::tensor_matrix(keys.chunks[chunk], kChunkSwizzle);
#pragma unroll
      for (int byte = 0; byte < Storage::kChunkBytes; byte += ptx::kMmaDepthBytes) {
        ptx::tcgen05_mma_m128<kConfig.dtype>(scores_of(half), query.moved(byte), key.moved(byte),
                                             kScoresInstruction, chunk + byte != 0);
      }
    }
    ptx::tcgen05_commit<1>(storage_.scores_full[half]);
  }

  // O[128, d_v] (+)= P V of a half and the tile of values at hand; waits for it.
  __device__ __forceinline__ void add_values(int half, bool accumulates) {
    wait_for(storage_.p_full[half], p_[half].parity());
    p_[half].advance();
    const auto& chunks = storage_.values[values_.stage].chunks;
    const auto values = ptx::tensor_matrix(chunks[0], ptx::TensorSwizzle::k128B, sizeof(chunks[0]));
#pragma unroll
    for (int step = 0; step < kConfig.tile_kv / kStepKeys; ++step) {
      ptx::tcgen05_mma_m128<kConfig.dtype>(
          scores_of(half) + kSumsColumn, scores_of(half) + step * ptx::kMmaDepthBytes / 4,
          values.moved(step * kStepKeys * Storage::kValueChunkBytes), kValuesInstruction,
          accumulates || step > 0);
    }
    ptx::tcgen05_commit<1>(storage_.sums_full[half]);
    wait_for(storage_.sums_full[half], sums_[half].parity());
    sums_[half].advance();
  }

  Storage& storage_;
  const unsigned tensor_memory_;
  tile::Ring<Storage::kKeyStages> keys_;
  tile::Ring<Storage::kValueStages> values_;
  tile::Ring<1> query_, p_[kHalves], sums_[kHalves];
};

// Role: one warp, a lane of which issues all products.
template <PrefillConfig kConfig>
__device__ void products_role(const PrefillParams& params, Storage<kConfig>& storage,
                              unsigned tensor_memory) {
  const bool issues = ptx::elect_sync();
  Products<kConfig> products(storage, tensor_memory);
  tile::PrefillWalk<kConfig> walk(params);
  tile::PrefillItem item;
  while (walk.next(item)) {
    if (issues && item.num_tiles > 0) products.multiply(item);
    __syncwarp();
  }
}

}  // namespace mla::sm100::prefill
