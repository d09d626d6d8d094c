// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_config.h"
#include "device/abi/decode_params.h"
#include "device/ptx/griddepcontrol.cuh"
#include "device/ptx/ldst.cuh"
#include "device/ptx/math.cuh"
#include "device/simt/split_walk.cuh"
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

inline constexpr int kMaxTeamBits = 4;  // the warps of a team, as a power of two
inline constexpr int kMergeWarps = 1 << kMaxTeamBits;
static_assert(32 * kMergeWarps == kDecodeMergeThreads);
inline constexpr int kMergeColumns = 256;    // of a warp
inline constexpr int kPartialsInFlight = 8;  // of a warp

struct MergeStorage {
  alignas(16) float sums[kMergeWarps][kMergeColumns];
};

// How the half rows of a request are given to warps: teams as large as it takes to have all
// partials in flight, and whole blocks where there are blocks enough for all half rows.
struct MergeTeams {
  int num_half_rows;  // of a request
  int least_bits;

  __device__ explicit MergeTeams(const DecodeParams& params) : num_half_rows(2 * params.num_rows) {
    const int max_splits = min(params.batch, params.num_workers - 1);
    const long long all_half_rows = static_cast<long long>(num_half_rows) * max_splits;
    least_bits = all_half_rows <= gridDim.x ? kMaxTeamBits : 0;
  }

  __device__ int bits(int num_partials) const {
    const int needed = 32 - __clz((num_partials - 1) / kPartialsInFlight);
    return min(max(needed, least_bits), kMaxTeamBits);
  }

  // Blocks that it takes to join a request.
  __device__ int operator()(int num_partials) const {
    const int rows_at_once = kMaxTeamBits - bits(num_partials);
    return (num_half_rows + (1 << rows_at_once) - 1) >> rows_at_once;
  }
};

// Half a row of one request, and the calling warp's place in the team that joins it.
struct MergeTask {
  SplitTask split;
  int team_bits;
  int rank;  // of this warp in the team
  int row;
  int half;
  long long out_offset;  // of the half row's first column, in elements

  __device__ MergeTask(const DecodeParams& params, const MergeTeams& teams, const SplitTask& part)
      : split(part), team_bits(teams.bits(part.num_partials)) {
    const int warp = threadIdx.x / 32;
    rank = warp & (team() - 1);
    const int half_row = split.task << (kMaxTeamBits - team_bits) | warp >> team_bits;
    row = half_row / 2;
    half = half_row % 2;
    out_offset = tile::out_offset(params, split.request, row) + half * kMergeColumns;
  }

  __device__ int team() const { return 1 << team_bits; }

  // Where a partial's row lies among those of all slots; they hold 1 KB each, so 32 bits suffice.
  __device__ int slot_row(const DecodeParams& params, int partial) const {
    const int slot = static_cast<int>(partial_slot(split.first_worker + partial, partial == 0));
    return slot * params.num_rows + row;
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

// What a row's partials are weighed by: 2^(lse - reference) / sum, which add up to 1 or are
// all 0. Every warp finds it from the log-sum-exps of all of them.
struct RowWeights {
  static constexpr int kPerLane = kMaxDecodeWorkers / 32;
  float partial_lse[kPerLane];  // of partials lane, lane + 32, ...
  float reference, sum;

  __device__ void load(const DecodeParams& params, const MergeTask& task) {
#pragma unroll
    for (int i = 0; i < kPerLane; ++i) {
      const int partial = threadIdx.x % 32 + 32 * i;
      partial_lse[i] = -kInfinity;
      if (partial < task.split.num_partials) {
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
    sum = 0.0f;
#pragma unroll
    for (const float value : partial_lse) sum += ptx::ex2_approx_ftz(value - reference);
    sum = warp_sum(sum);
  }

  __device__ bool has_keys() const { return sum > 0.0f || sum != sum; }
  __device__ float of(float value) const {
    return has_keys() ? ptx::ex2_approx_ftz(value - reference) / sum : 0.0f;
  }
  // Of the row, base 2.
  __device__ float lse() const { return has_keys() ? reference + log2f(sum) : -kInfinity; }
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
    count = (task.split.num_partials - first + task.team() - 1) >> task.team_bits;
    const uint4* columns =
        static_cast<const uint4*>(params.partial_out) + task.half * (kMergeColumns / 8) + lane;
#pragma unroll
    for (int i = 0; i < kPartialsInFlight; ++i) {
      if (i >= count) break;
      const int row = task.slot_row(params, first + task.team() * i);
      ptx::ld_global(vectors[i], columns + row * (2ll * kMergeColumns / 8));
    }
    if (lane % 16 >= min(count, kPartialsInFlight)) return;
    const int row = task.slot_row(params, first + task.team() * (lane % 16));
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
        if (weight != 0.0f) columns[j] = fmaf(weight, value, columns[j]);  // 0 * infinity is NaN
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
  ptx::st_global(static_cast<unsigned short*>(params.out) + task.out_offset + column,
                 tile::rounded<kConfig.out_dtype>(values));
}

// Adds up what the warps of a team found, and stores it: two columns a lane at a time.
template <DecodeMergeConfig kConfig>
__device__ void join_team(const DecodeParams& params, const MergeTask& task, MergeStorage& storage,
                          const float (&columns)[8]) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  float4* own = reinterpret_cast<float4*>(storage.sums[warp] + 8 * lane);
  own[0] = make_float4(columns[0], columns[1], columns[2], columns[3]);
  own[1] = make_float4(columns[4], columns[5], columns[6], columns[7]);
  __syncthreads();
  if (task.row < params.num_rows) {
    for (int i = 2 * (32 * task.rank + lane); i < kMergeColumns; i += 2 * 32 * task.team()) {
      float sums[2] = {};
#pragma unroll 4
      for (int member = 0; member < task.team(); ++member) {
        const float* member_sums = storage.sums[warp - task.rank + member] + i;
        sums[0] += member_sums[0];
        sums[1] += member_sums[1];
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
    for (int first = task.rank; first < task.split.num_partials;
         first += kPartialsInFlight * task.team()) {
      weights.load(params, task);
      const PartialBatch<kConfig.has_exponents> batch(params, task, first);
      weights.sum_up();
      batch.add_to(columns, weights);
    }
    if (task.half == 0 && task.rank == 0 && threadIdx.x % 32 == 0 && params.lse != nullptr) {
      params.lse[static_cast<long long>(task.split.request) * params.num_rows + task.row] =
          weights.lse() * params.lse_unit;
    }
    if (task.team_bits == 0) store_columns<kConfig>(params, task, 8 * (threadIdx.x % 32), columns);
  }
  if (task.team_bits > 0) join_team<kConfig>(params, task, storage, columns);
}

template <DecodeMergeConfig kConfig>
__device__ __forceinline__ void decode_merge(const DecodeParams& params) {
  static_assert(kConfig.latent_dim == 2 * kMergeColumns);
  __shared__ MergeStorage storage;
  ptx::griddepcontrol_launch_dependents();
  const MergeTeams teams(params);
  SplitWalk walk(params, kConfig.tile_kv, teams);
  SplitTask part{};
#pragma unroll 1
  for (int i = blockIdx.x;; i += gridDim.x) {
    const bool has_part = walk.find(i, part);
    const MergeTask task(params, teams, part);
    if (i == blockIdx.x) ptx::griddepcontrol_wait();
    if (!has_part) return;
    merge_half_row<kConfig>(params, task, storage);
  }
}

template <DecodeMergeConfig kConfig>
__global__ void __launch_bounds__(kDecodeMergeThreads, 1)
    decode_merge_kernel(const __grid_constant__ DecodeParams params) {
  decode_merge<kConfig>(params);
}

}  // namespace mla
