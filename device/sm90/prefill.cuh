// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/griddepcontrol.cuh"
#include "device/sm90/prefill_load.cuh"
#include "device/sm90/prefill_math.cuh"
#include "device/sm90/prefill_transpose.cuh"

// Prefill: a block takes one item after another, a tile of one head's queries each, and walks the
// keys that it sees from the last tile to the first.
//
//   role        warps   waits for                 produces
//   keys        1       key_empty, query_empty    key_full, query_full         (copy engine)
//   values      1       value_empty or            value_full or loaded_full    (copy engine)
//                       loaded_empty
//   transpose   2       loaded_full, value_empty  value_full, loaded_empty; of 8-bit values alone
//   math        4 or 8  query_full, key_full,     key_empty, value_empty, query_empty; out
//                       value_full
namespace mla::sm90 {

namespace prefill {

template <PrefillConfig kConfig>
__device__ void init_barriers(Storage<kConfig>& storage) {
  constexpr int kMathWarps = 4 * num_math_warpgroups(kConfig);
  ptx::mbarrier_init(storage.query_full, 1);
  ptx::mbarrier_init(storage.query_empty, kMathWarps);
  for (int i = 0; i < kSm90PrefillStages; ++i) {
    ptx::mbarrier_init(storage.key_full[i], 1);
    ptx::mbarrier_init(storage.key_empty[i], kMathWarps);
    ptx::mbarrier_init(storage.value_full[i], transposes_values(kConfig) ? kTransposeWarps : 1);
    ptx::mbarrier_init(storage.value_empty[i], kMathWarps);
    ptx::mbarrier_init(storage.loaded_full[i], 1);
    ptx::mbarrier_init(storage.loaded_empty[i], kTransposeWarps);
  }
  ptx::fence_mbarrier_init();
}

template <PrefillConfig kConfig>
__device__ __forceinline__ void load_roles(const PrefillParams& params, Storage<kConfig>& storage) {
  const int warp = ptx::warp_in_group();
  if (warp == kKeyWarp) tile::load_keys_role<kConfig>(params, storage);
  if (warp == kValueWarp) load_values_role<kConfig>(params, storage);
  if constexpr (transposes_values(kConfig)) {
    if (warp >= kFirstTransposeWarp) {
      transpose_role<kConfig>(params, storage, warp - kFirstTransposeWarp);
    }
  }
}

}  // namespace prefill

template <PrefillConfig kConfig>
__global__ void __launch_bounds__(sm90_prefill_threads(kConfig), 1)
    prefill_kernel(const __grid_constant__ PrefillParams params) {
  static_assert(prefill::kFitsPlannedSmem<kConfig>);
  extern __shared__ __align__(1024) unsigned char shared_bytes[];
  auto& storage = *reinterpret_cast<prefill::Storage<kConfig>*>(shared_bytes);
  if (threadIdx.x == 0) prefill::init_barriers<kConfig>(storage);
  if (threadIdx.x == 32) {
    ptx::prefetch_tensormap(&params.query);
    ptx::prefetch_tensormap(&params.key);
    ptx::prefetch_tensormap(&params.value);
  }
  __syncthreads();
  ptx::griddepcontrol_wait();
  ptx::griddepcontrol_launch_dependents();

  // One warpgroup that multiplies has registers enough from the start.
  constexpr bool kShares = prefill::num_math_warpgroups(kConfig) > 1;
  const int warpgroup = ptx::uniform(threadIdx.x / 128);
  if (warpgroup == prefill::kLoadWarpgroup) {
    if constexpr (kShares) ptx::setmaxnreg_dec<40>();
    prefill::load_roles<kConfig>(params, storage);
  } else {
    if constexpr (kShares) ptx::setmaxnreg_inc<232>();
    prefill::MathRole<kConfig>(params, storage, warpgroup - prefill::kFirstMathWarpgroup).run();
  }
}

}  // namespace mla::sm90
