// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_config.h"
#include "device/abi/decode_params.h"
#include "device/ptx/griddepcontrol.cuh"
#include "device/ptx/ldst.cuh"
#include "device/ptx/math.cuh"
#include "device/simt/split_requests.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/row_exponent.cuh"
#include "device/tile/vector.cuh"

// Joins the partial results of a decode launch. What limits it is trips to memory one after
// another, so a block makes one: which requests were split is found while the decode kernel still
// runs, and the partials of a row are loaded at once, together with their log-sum-exps.
//
// A warp has half a row, 8 columns a lane, and up to 8 of its partials. Where there are more, a
// team of 2 to 16 warps shares them and adds up in shared memory.
namespace mla {

inline constexpr int kMergeWarps = kDecodeMergeThreads / 32;
inline constexpr int kMergeColumns = 256;    // of a warp
inline constexpr int kPartialsInFlight = 8;  // of a warp

struct MergeStorage {
  alignas(16) float sums[kMergeWarps][kMergeColumns];
  SplitList<kDecodeMergeThreads> list;
};

// The warps that share a half row: a power of two, enough to have all partials in flight if a block
// is.
__device__ inline int team_warps(int num_partials) {
  int warps = 1;
  while (warps < kMergeWarps && warps * kPartialsInFlight < num_partials) warps *= 2;
  return warps;
}

// Half a row of one request, and the calling warp's place in the team that joins it.
struct MergeTask {
  int worker;  // with the first of the partials; the next ones have the others
  int num_partials;
  int request;
  int row;
  int half;
  int team;  // warps
  int rank;  // of this warp in it

  __device__ MergeTask(const DecodeParams& params, const MergeStorage& storage, int index) {
    const int warp = threadIdx.x / 32;
    worker = storage.list.worker_of_task(index);
    num_partials = storage.list.num_partials(worker);
    request = storage.list.splits[worker].request;
    team = team_warps(num_partials);
    rank = warp % team;
    const int half_row =
        (index - storage.list.first_task(worker)) * (kMergeWarps / team) + warp / team;
    row = half_row / 2;
    half = half_row % 2;
  }

  // Where a partial's row lies among those of all slots; they hold 1 KB each, so 32 bits suffice.
  __device__ int slot_row(const DecodeParams& params, int partial) const {
    return static_cast<int>(partial_slot(worker + partial, partial == 0)) * params.num_rows + row;
  }
};

__device__ inline float warp_max(float value) {
  for (int offset = 16; offset > 0; offset /= 2) {
    value = fmaxf(value, __shfl_xor_sync(~0u, value, offset));
  }
  return value;
}

__device__ inline float warp_sum(float value) {
  for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(~0u, value, offset);
  return value;
}

// What a row's partials are weighed by: 2^(lse - reference) * inverse_sum, which add up to 1 or are
// all 0. Every warp finds it from the log-sum-exps of all of them.
struct RowWeights {
  static constexpr int kPerLane = kMaxDecodeWorkers / 32;
  float partial_lse[kPerLane];  // of partials lane, lane + 32, ...
  float reference, inverse_sum;
  float lse;  // of the row, base 2

  __device__ void load(const DecodeParams& params, const MergeTask& task) {
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) {
      const int partial = threadIdx.x % 32 + 32 * i;
      partial_lse[i] = -kInfinity;
      if (partial < task.num_partials) {
        partial_lse[i] = ptx::ld_global(params.partial_lse + task.slot_row(params, partial));
      }
    }
  }

  __device__ void sum_up() {
    float largest = -kInfinity;
#pragma unroll
    for (const float value : partial_lse) largest = fmaxf(largest, value);
    largest = warp_max(largest);
    reference = largest == -kInfinity ? 0.0f : largest;
    float sum = 0.0f;
#pragma unroll
    for (const float value : partial_lse) sum += ptx::ex2_approx_ftz(value - reference);
    sum = warp_sum(sum);
    const bool has_keys = sum > 0.0f || sum != sum;
    inverse_sum = has_keys ? 1.0f / sum : 0.0f;
    lse = has_keys ? reference + log2f(sum) : -kInfinity;
  }

  __device__ float of(float value) const {
    return ptx::ex2_approx_ftz(value - reference) * inverse_sum;
  }
};

// The warp's columns of up to 8 partials: first, first + team, ...; 8 columns a lane. Partials are
// float16, maybe with an exponent that 128 columns share. Lanes i and 16 + i have the log-sum-exp
// and the exponent of the i-th partial, for the columns of the lanes below 16 and for the others.
template <bool kHasExponents>
struct PartialBatch {
  uint4 vectors[kPartialsInFlight];
  float lse = -kInfinity;
  int exponent = 0;
  int count;

  __device__ PartialBatch(const DecodeParams& params, const MergeTask& task, int first) {
    const int lane = threadIdx.x % 32;
    count = (task.num_partials - first + task.team - 1) / task.team;
    const uint4* columns =
        static_cast<const uint4*>(params.partial_out) + task.half * (kMergeColumns / 8) + lane;
#pragma unroll
    for (int i = 0; i < kPartialsInFlight; ++i) {
      if (i >= count) break;
      const int row = task.slot_row(params, first + task.team * i);
      ptx::ld_global(vectors[i], columns + row * (2ll * kMergeColumns / 8));
    }
    if (lane % 16 >= min(count, kPartialsInFlight)) return;
    const int row = task.slot_row(params, first + task.team * (lane % 16));
    lse = ptx::ld_global(params.partial_lse + row);
    if constexpr (kHasExponents) exponent = params.partial_exponents[2ll * row + lane / 16];
  }

  __device__ void add_to(float (&columns)[8], const RowWeights& weights) const {
    const float own_weight = weights.of(lse) * tile::power_of_two(exponent);
#pragma unroll
    for (int i = 0; i < kPartialsInFlight; ++i) {
      if (i >= count) break;
      const float weight = __shfl_sync(~0u, own_weight, threadIdx.x % 32 / 16 * 16 + i);
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        const float value = tile::element<ElementType::kFloat16>(vectors[i], j);
        columns[j] = weight == 0.0f ? columns[j] : fmaf(weight, value, columns[j]);  // 0 * infinity
      }
    }
  }
};

// Stores kCount neighbouring columns of the warp's half row, the first being `column` of it.
template <DecodeMergeConfig kConfig, int kCount>
__device__ void store_columns(const DecodeParams& params, const MergeTask& task, int column,
                              const float (&sums)[kCount]) {
  float values[kCount];
#pragma unroll
  for (int i = 0; i < kCount; ++i) values[i] = sums[i] * params.output_scale;
  auto* out = static_cast<unsigned short*>(params.out) +
              tile::out_offset(params, task.request, task.row) + task.half * kMergeColumns + column;
  ptx::st_global(out, tile::rounded<kConfig.out_dtype>(values));
}

// Adds up what the warps of a team found, and stores it.
template <DecodeMergeConfig kConfig>
__device__ void join_team(const DecodeParams& params, const MergeTask& task, MergeStorage& storage,
                          const float (&columns)[8]) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  float4* own = reinterpret_cast<float4*>(storage.sums[warp] + 8 * lane);
  own[0] = make_float4(columns[0], columns[1], columns[2], columns[3]);
  own[1] = make_float4(columns[4], columns[5], columns[6], columns[7]);
  __syncthreads();
  if (task.row < params.num_rows) {
    for (int i = 2 * (32 * task.rank + lane); i < kMergeColumns; i += 2 * 32 * task.team) {
      float sums[2] = {};
#pragma unroll
      for (int member = 0; member < kMergeWarps; ++member) {
        if (member >= task.team) break;
        const float2 pair =
            *reinterpret_cast<const float2*>(storage.sums[warp - task.rank + member] + i);
        sums[0] += pair.x;
        sums[1] += pair.y;
      }
      store_columns<kConfig>(params, task, i, sums);
    }
  }
  __syncthreads();
}

template <DecodeMergeConfig kConfig>
__device__ void merge_half_row(const DecodeParams& params, const MergeTask& task,
                               MergeStorage& storage) {
  float columns[8] = {};
  if (task.row < params.num_rows) {
    RowWeights weights;
#pragma unroll 1
    for (int first = task.rank; first < task.num_partials; first += kPartialsInFlight * task.team) {
      weights.load(params, task);
      const PartialBatch<kConfig.has_exponents> batch(params, task, first);
      weights.sum_up();
      batch.add_to(columns, weights);
    }
    if (task.half == 0 && task.rank == 0 && threadIdx.x % 32 == 0 && params.lse != nullptr) {
      params.lse[static_cast<long long>(task.request) * params.num_rows + task.row] =
          weights.lse * params.lse_unit;
    }
    if (task.team == 1) store_columns<kConfig>(params, task, 8 * (threadIdx.x % 32), columns);
  }
  if (task.team > 1) join_team<kConfig>(params, task, storage, columns);
}

template <DecodeMergeConfig kConfig>
__device__ __forceinline__ void decode_merge(const DecodeParams& params) {
  static_assert(kConfig.latent_dim == 2 * kMergeColumns);
  __shared__ MergeStorage storage;
  ptx::griddepcontrol_launch_dependents();
  storage.list.find(params, kConfig.tile_kv);
  const int num_tasks = storage.list.count_tasks([&](int num_partials) {
    const int half_rows_at_once = kMergeWarps / team_warps(num_partials);
    return (2 * params.num_rows + half_rows_at_once - 1) / half_rows_at_once;
  });
  ptx::griddepcontrol_wait();
  for (int i = blockIdx.x; i < num_tasks; i += gridDim.x) {
    merge_half_row<kConfig>(params, MergeTask(params, storage, i), storage);
  }
}

template <DecodeMergeConfig kConfig>
__global__ void __launch_bounds__(kDecodeMergeThreads, 1)
    decode_merge_kernel(const __grid_constant__ DecodeParams params) {
  decode_merge<kConfig>(params);
}

}  // namespace mla
