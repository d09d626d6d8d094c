// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/griddepcontrol.cuh"
#include "device/sm100/prefill_load.cuh"
#include "device/sm100/prefill_products.cuh"
#include "device/sm100/prefill_softmax.cuh"

// Prefill: a block takes one item after another, a tile of one head's queries each, and walks the
// keys that it sees from the last tile to the first. Its queries are one or two halves of 128 rows,
// which take turns: the softmax of one runs behind the products of the other.
//
//   role      warps   waits for                   produces
//   softmax   4 or 8  scores_full, sums_full      p_full: P in the place of S, O rescaled; out
//   keys      1       key_empty, query_empty      key_full, query_full
//   values    1       value_empty                 value_full
//   products  1       query_full, key_full;       scores_full, key_empty, query_empty;
//                     value_full, p_full          sums_full, value_empty
namespace mla::sm100 {

namespace prefill {

template <PrefillConfig kConfig>
__device__ void init_barriers(Storage<kConfig>& storage) {
  constexpr int kSoftmaxWarps = 4;
  const auto init_all = [](auto& barriers, unsigned num_arrivals) {
    for (ptx::Barrier& barrier : barriers) ptx::mbarrier_init(barrier, num_arrivals);
  };
  ptx::mbarrier_init(storage.query_full, 1);
  ptx::mbarrier_init(storage.query_empty, 1);
  ptx::mbarrier_init(storage.tail_loaded, 1);
  init_all(storage.key_full, 1);
  init_all(storage.key_empty, 1);
  init_all(storage.value_full, 1);
  init_all(storage.value_empty, 1);
  init_all(storage.scores_full, 1);
  init_all(storage.p_full, kSoftmaxWarps);
  init_all(storage.sums_full, 1);
  ptx::fence_mbarrier_init();
}

template <PrefillConfig kConfig>
__device__ __forceinline__ void run_role(const PrefillParams& params, Storage<kConfig>& storage,
                                         int warp) {
  const unsigned tensor_memory = storage.tensor_memory;
  const int warpgroup = warp / 4;
  // With one half there are registers enough from the start.
  constexpr bool kShares = num_halves(kConfig) > 1;
  if (warpgroup < num_halves(kConfig)) {
    if constexpr (kShares) ptx::setmaxnreg_inc<192>();
    SoftmaxRole<kConfig>(params, storage, tensor_memory, warpgroup).run();
    return;
  }
  if constexpr (kShares) ptx::setmaxnreg_dec<104>();
  switch (warp % 4) {
    case kKeysWarp: return tile::load_keys_role<kConfig>(params, storage);
    case kValuesWarp: return load_values_role<kConfig>(params, storage);
    case kProductsWarp: return products_role<kConfig>(params, storage, tensor_memory);
    default: return;
  }
}

}  // namespace prefill

template <PrefillConfig kConfig>
__global__ void __launch_bounds__(sm100_prefill_threads(kConfig), 1)
    prefill_kernel(const __grid_constant__ PrefillParams params) {
  static_assert(prefill::kFitsPlannedSmem<kConfig>);
  extern __shared__ __align__(1024) unsigned char shared_bytes[];
  auto& storage = *reinterpret_cast<prefill::Storage<kConfig>*>(shared_bytes);
  const int warp = ptx::uniform(static_cast<int>(threadIdx.x) / 32);
  const bool allocates = warp == 0;
  if (threadIdx.x == 32) prefill::init_barriers<kConfig>(storage);
  if (threadIdx.x == 64) {
    ptx::prefetch_tensormap(&params.query);
    ptx::prefetch_tensormap(&params.key);
    ptx::prefetch_tensormap(&params.value);
  }
  if (allocates) {
    ptx::tcgen05_alloc<1>(storage.tensor_memory, prefill::kTensorColumns<kConfig>);
    ptx::tcgen05_relinquish_alloc_permit<1>();
  }
  ptx::tcgen05_fence_before_thread_sync();
  __syncthreads();
  ptx::tcgen05_fence_after_thread_sync();
  ptx::griddepcontrol_wait();
  ptx::griddepcontrol_launch_dependents();
  prefill::run_role<kConfig>(params, storage, warp);

  __syncwarp();
  ptx::tcgen05_fence_before_thread_sync();
  __syncthreads();
  ptx::tcgen05_fence_after_thread_sync();
  if (allocates) {
    ptx::tcgen05_dealloc<1>(storage.tensor_memory, prefill::kTensorColumns<kConfig>);
  }
}

}  // namespace mla::sm100
