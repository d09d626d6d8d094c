// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_config.h"
#include "device/abi/decode_params.h"
#include "device/ptx/cvt.cuh"
#include "device/ptx/griddepcontrol.cuh"
#include "device/ptx/math.cuh"
#include "device/tile/decode_rows.cuh"
#include "device/tile/row_exponent.cuh"

// Joins the partial results of a decode launch. A task is one row of one request that was split;
// blocks take tasks round robin, and the warps of a block share the row's partials. What limits it
// is trips to memory one after another, so a row takes two: the list of splits, then everything
// else at once.
namespace mla {

inline constexpr int kMergeWarps = 8;
inline constexpr int kMergeThreads = 32 * kMergeWarps;
inline constexpr int kMergeColumns = 512;
inline constexpr int kMergeVectors = kMergeColumns / (32 * 8);  // of 8 columns, a lane and partial

// A request that a worker left unfinished; its partials are the worker's and those of the next
// ones.
struct SplitRow {
  int worker;
  int num_partials;
  int request;
  int row;
};

struct MergeStorage {
  alignas(16) float sums[kMergeWarps][kMergeColumns];
  int workers[kMaxDecodeWorkers];  // those that left a request unfinished
  SplitRequest splits[kMaxDecodeWorkers];
  int num_splits;
};

// The first warp lists the splits, in order. All loads come first: one trip to memory.
__device__ inline void list_splits(const DecodeParams& params, MergeStorage& storage) {
  constexpr int kPerLane = kMaxDecodeWorkers / 32;
  const int lane = threadIdx.x % 32;
  SplitRequest splits[kPerLane];
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    const int worker = lane + 32 * i;
    splits[i] = worker < params.num_workers ? params.splits[worker] : SplitRequest{-1, 0};
  }
  int found = 0;
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    const bool is_split = splits[i].request >= 0;
    const unsigned mask = __ballot_sync(~0u, is_split);
    const int place = found + __popc(mask & ((1u << lane) - 1));
    if (is_split) {
      storage.workers[place] = lane + 32 * i;
      storage.splits[place] = splits[i];
    }
    found += __popc(mask);
  }
  if (lane == 0) storage.num_splits = found;
}

__device__ inline long long partial_row(const DecodeParams& params, const SplitRow& task,
                                        int partial) {
  return partial_slot(task.worker + partial, partial == 0) * params.num_rows + task.row;
}

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

// Weights of a row's partials, which add up to 1 or are all 0; each warp computes them for itself.
// Lane l holds those of partials l, l + 32, ...
struct MergeWeights {
  static constexpr int kPerLane = kMaxDecodeWorkers / 32;
  float weights[kPerLane];
  float lse;  // of the row, base 2

  __device__ MergeWeights(const DecodeParams& params, const SplitRow& task) {
    const int lane = threadIdx.x % 32;
    float largest = -kInfinity;
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) {
      const int partial = lane + 32 * i;
      weights[i] = partial < task.num_partials
                       ? params.partial_lse[partial_row(params, task, partial)]
                       : -kInfinity;
      largest = fmaxf(largest, weights[i]);
    }
    largest = warp_max(largest);
    const float reference = largest == -kInfinity ? 0.0f : largest;
    float sum = 0.0f;
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) {
      weights[i] = ptx::ex2_approx_ftz(weights[i] - reference);
      sum += weights[i];
    }
    sum = warp_sum(sum);
    const bool has_keys = sum > 0.0f || sum != sum;
#pragma unroll
    for (float& weight : weights) weight *= has_keys ? 1.0f / sum : 0.0f;
    lse = has_keys ? reference + log2f(sum) : -kInfinity;
  }

  // The same for every lane of the warp.
  __device__ float of(int partial) const {
    float weight = 0.0f;
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) {
      if (partial / 32 == i) weight = weights[i];
    }
    return __shfl_sync(~0u, weight, partial % 32);
  }
};

// The lane's columns of one partial: 8 lane .. 8 lane + 7 of each 256. Partials are float16, maybe
// with an exponent that 128 columns of each 256 share.
template <bool kHasExponents>
struct PartialColumns {
  uint4 vectors[kMergeVectors];
  int exponent = 0;

  __device__ PartialColumns(const DecodeParams& params, const SplitRow& task, int partial) {
    const uint4* row = static_cast<const uint4*>(params.partial_out) +
                       partial_row(params, task, partial) * (kMergeColumns / 8);
#pragma unroll
    for (int i = 0; i < kMergeVectors; ++i) vectors[i] = row[32 * i + threadIdx.x % 32];
    if constexpr (kHasExponents) {
      exponent =
          params.partial_exponents[2 * partial_row(params, task, partial) + threadIdx.x % 32 / 16];
    }
  }

  __device__ void add_to(float (&columns)[kMergeVectors][8], float weight) const {
    if (weight == 0.0f) return;  // 0 * infinity is NaN
    if constexpr (kHasExponents) weight *= tile::power_of_two(exponent);
#pragma unroll
    for (int i = 0; i < kMergeVectors; ++i) {
      const unsigned words[4] = {vectors[i].x, vectors[i].y, vectors[i].z, vectors[i].w};
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const float low = ptx::cvt_f32_f16(static_cast<unsigned short>(words[j]));
        const float high = ptx::cvt_f32_f16(static_cast<unsigned short>(words[j] >> 16));
        columns[i][2 * j] += weight * low;
        columns[i][2 * j + 1] += weight * high;
      }
    }
  }
};

// Leaves the warp's share of the row in shared memory and returns the row's log-sum-exp.
template <bool kHasExponents>
__device__ inline float merge_share(const DecodeParams& params, const SplitRow& task,
                                    MergeStorage& storage) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  float columns[kMergeVectors][8] = {};
  // Partials beyond the last are read as the last one, with weight 0, so that loads come before
  // weights.
  const PartialColumns<kHasExponents> first(params, task, min(warp, task.num_partials - 1));
  const MergeWeights weights(params, task);
  first.add_to(columns, warp < task.num_partials ? weights.of(warp) : 0.0f);
#pragma unroll 8
  for (int partial = warp + kMergeWarps; partial < task.num_partials; partial += kMergeWarps) {
    PartialColumns<kHasExponents>(params, task, partial).add_to(columns, weights.of(partial));
  }
#pragma unroll
  for (int i = 0; i < kMergeVectors; ++i) {
    float4* target = reinterpret_cast<float4*>(storage.sums[warp] + 256 * i + 8 * lane);
    target[0] = make_float4(columns[i][0], columns[i][1], columns[i][2], columns[i][3]);
    target[1] = make_float4(columns[i][4], columns[i][5], columns[i][6], columns[i][7]);
  }
  return weights.lse;
}

// Two neighbouring columns of the output.
template <DecodeMergeConfig kConfig>
__device__ void store_columns(const DecodeParams& params, const SplitRow& task, int column,
                              float low, float high) {
  auto* out = static_cast<unsigned short*>(params.out) +
              tile::out_offset(params, task.request, task.row) + column;
  constexpr bool kIsBFloat16 = kConfig.out_dtype == ElementType::kBFloat16;
  *reinterpret_cast<unsigned*>(out) =
      kIsBFloat16 ? ptx::cvt_rn_bf16x2(low, high) : ptx::cvt_rn_f16x2(low, high);
}

template <DecodeMergeConfig kConfig>
__device__ __forceinline__ void decode_merge(const DecodeParams& params) {
  static_assert(kConfig.latent_dim == kMergeColumns);
  __shared__ MergeStorage storage;
  ptx::griddepcontrol_launch_dependents();
  ptx::griddepcontrol_wait();
  if (threadIdx.x < 32) list_splits(params, storage);
  __syncthreads();
  const int num_tasks = storage.num_splits * params.num_rows;
  for (int i = blockIdx.x; i < num_tasks; i += gridDim.x) {
    const int place = i / params.num_rows, row = i % params.num_rows;
    const SplitRequest split = storage.splits[place];
    const int worker = storage.workers[place];
    const SplitRow task{worker, split.last_worker - worker + 1, split.request, row};
    const float lse = merge_share<kConfig.has_exponents>(params, task, storage);
    __syncthreads();
    const int column = 2 * threadIdx.x;
    float low = 0.0f, high = 0.0f;
#pragma unroll
    for (const auto& sums : storage.sums) {
      low += sums[column];
      high += sums[column + 1];
    }
    store_columns<kConfig>(params, task, column, low * params.output_scale,
                           high * params.output_scale);
    if (threadIdx.x == 0 && params.lse != nullptr) {
      params.lse[static_cast<long long>(task.request) * params.num_rows + row] =
          lse * params.lse_unit;
    }
    __syncthreads();
  }
}

template <DecodeMergeConfig kConfig>
__global__ void __launch_bounds__(kMergeThreads, 3)
    decode_merge_kernel(const __grid_constant__ DecodeParams params) {
  decode_merge<kConfig>(params);
}

}  // namespace mla
