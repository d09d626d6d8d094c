// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/sm90/prefill_products.cuh"
#include "device/sm90/prefill_softmax.cuh"
#include "device/sm90/prefill_store.cuh"
#include "device/tile/prefill_walk.cuh"
#include "device/tile/ring.cuh"

namespace mla::sm90::prefill {

// 16-bit values of keys past the last one become 0: they hold any bytes, and 0 * NaN is NaN. All
// warpgroups that multiply call it together. The scores of such keys are masked, whatever they are.
template <PrefillConfig kConfig>
__device__ void clear_absent_values(typename Storage<kConfig>::Values& values, int num_keys) {
  constexpr int kVectors = Storage<kConfig>::kValueChunkBytes / 16;
  constexpr int kThreads = 128 * num_math_warpgroups(kConfig);
  const int thread = threadIdx.x - 128 * kFirstMathWarpgroup;
#pragma unroll 1
  for (auto& chunk : values.chunks) {
    uint4* vectors = reinterpret_cast<uint4*>(chunk[0]);
#pragma unroll 1
    for (int i = num_keys * kVectors + thread; i < kConfig.tile_kv * kVectors; i += kThreads) {
      vectors[i] = make_uint4(0, 0, 0, 0);
    }
  }
  ptx::fence_proxy_async();
  ptx::barrier_sync(kMathBarrier, kThreads);
}

// Role: a warpgroup has 64 queries of every item. The scores of a tile and the values of the tile
// before it are multiplied at once; the softmax runs behind the latter.
//
//   tensor cores   | S n-1 |          | S n-2 | P V n-1  | S n-3 |    | P V n-2 ...
//   this warpgroup         | softmax  |       | softmax n-2 |         | softmax n-3 ...
template <PrefillConfig kConfig>
class MathRole {
  using Storage = Storage<kConfig>;

 public:
  __device__ MathRole(const PrefillParams& params, Storage& storage, int group)
      : params_(params),
        storage_(storage),
        group_(group),
        first_row_(64 * group + 16 * ptx::warp_in_group()) {}

  __device__ __forceinline__ void run() {
    tile::PrefillWalk<kConfig> walk(params_);
    tile::PrefillItem item;
#pragma unroll 1
    while (walk.next(item)) {
      Softmax<kConfig> softmax;
      sums_.clear();
      if (item.num_tiles > 0) multiply(item, softmax);
      store_item<kConfig>(params_, item, sums_.sums, softmax, first_row_ + ptx::laneid() / 4);
    }
  }

 private:
  __device__ __forceinline__ void arrive(ptx::Barrier& barrier) {
    __syncwarp();
    if (ptx::laneid() == 0) ptx::mbarrier_arrive(barrier);
  }

  __device__ __forceinline__ void start_tile(float (&scores)[kAccumulators]) {
    const int stage = ptx::uniform(keys_.stage);
    tile::wait(storage_.key_full[stage], keys_.parity());
    start_scores<kConfig>(scores, storage_, stage, group_);
  }

  // Scores that have come become probabilities; returns what earlier sums are to be multiplied by.
  __device__ __forceinline__ tile::RowPair<float> weigh(float (&scores)[kAccumulators],
                                                        Softmax<kConfig>& softmax,
                                                        const tile::PrefillItem& item, int t) {
    ptx::wgmma_fence_sums(scores);
    arrive(storage_.key_empty[keys_.stage]);
    keys_.advance();
    if (t == 0) arrive(storage_.query_empty);
    const int first_key = t * kConfig.tile_kv;
    if (first_key + kConfig.tile_kv > item.template visible<kConfig>(first_row_)) {
      const int row = first_row_ + ptx::laneid() / 4;
      tile::mask_scores(
          scores, first_key,
          {item.template visible<kConfig>(row), item.template visible<kConfig>(row + 8)});
    }
    return softmax.weigh(scores, params_.softmax_scale_log2);
  }

  // Starts P V of tile t.
  __device__ __forceinline__ void start_value_tile(Probabilities<kConfig>& p,
                                                   const tile::PrefillItem& item, int t) {
    const int stage = ptx::uniform(values_.stage);
    tile::wait(storage_.value_full[stage], values_.parity());
    const int num_keys = item.kv_len - t * kConfig.tile_kv;
    if (!Storage::kTransposes && num_keys < kConfig.tile_kv) {
      clear_absent_values<kConfig>(storage_.values[stage], num_keys);
    }
    start_values<kConfig>(sums_.in_flight(), p, storage_, stage);
  }

  __device__ __forceinline__ void finish_value_tile() {
    ptx::wgmma_wait_group<0>();
    ptx::wgmma_fence_sums(sums_.in_flight());
    arrive(storage_.value_empty[values_.stage]);
    values_.advance();
    sums_.add_tile();
  }

  __device__ __forceinline__ void multiply(const tile::PrefillItem& item,
                                           Softmax<kConfig>& softmax) {
    float scores[kAccumulators];
    Probabilities<kConfig> p;
    tile::wait(storage_.query_full, query_.parity());
    query_.advance();
    int t = item.num_tiles - 1;
    start_tile(scores);
    ptx::wgmma_wait_group<0>();
    weigh(scores, softmax, item, t);
    pack<kConfig>(p, scores);
#pragma unroll 1
    while (--t >= 0) {
      start_tile(scores);
      start_value_tile(p, item, t + 1);
      ptx::wgmma_wait_group<1>();
      const tile::RowPair<float> factors = weigh(scores, softmax, item, t);
      finish_value_tile();
      sums_.rescale(factors);
      pack<kConfig>(p, scores);
    }
    start_value_tile(p, item, 0);
    finish_value_tile();
  }

  const PrefillParams& params_;
  Storage& storage_;
  const int group_;
  const int first_row_;  // of the warp
  tile::Ring<Storage::kKeyStages> keys_;
  tile::Ring<Storage::kValueStages> values_;
  tile::Ring<1> query_;
  ValueSums<kConfig> sums_;
};

}  // namespace mla::sm90::prefill
