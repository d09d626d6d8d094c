// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/merge_config.h"
#include "device/abi/merge_params.h"
#include "device/ptx/griddepcontrol.cuh"
#include "device/ptx/math.cuh"
#include "device/tile/vector.cuh"

// Merges attention over disjoint sets of keys:
//
//   lse = log(sum_n exp(lse_n))        out = sum_n exp(lse_n - lse) * out_n
//
// A group of lanes_per_item lanes (a whole warp for wide heads) owns one item, a (row, head) pair.
// Its lanes first reduce the LSEs, then run over the partials, each lane with its own columns.
//
//   columns of lane l   vectors l, l + lanes_per_item, ...   of vector_elements each
namespace mla {

// The largest LSE and the sum of exp(lse - largest), over all partials of an item.
struct MergeNorm {
  float max;
  float sum;

  __device__ bool is_neutral() const { return sum == 0.0f; }
};

template <int kLanes>
__device__ float group_max(float value) {
#pragma unroll
  for (int offset = kLanes / 2; offset > 0; offset /= 2) {
    value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, offset, kLanes));
  }
  return value;
}

template <int kLanes>
__device__ float group_sum(float value) {
#pragma unroll
  for (int offset = kLanes / 2; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, offset, kLanes);
  }
  return value;
}

template <MergeConfig kConfig>
class MergeItem {
 public:
  using Params = MergeParams<kConfig.max_partials>;
  static constexpr int kLanes = kConfig.lanes_per_item;
  static constexpr int kElements = kConfig.vector_elements;
  static constexpr int kVectors = kConfig.head_dim / kElements;
  static constexpr int kVectorsPerLane = (kVectors + kLanes - 1) / kLanes;
  static constexpr int kInFlight = kConfig.partials_in_flight;
  static_assert(kConfig.head_dim % kElements == 0);

  __device__ MergeItem(const Params& params, unsigned item, unsigned lane)
      : params_(params),
        row_(item / params.num_heads),
        head_(item % params.num_heads),
        lane_(int(lane)) {}

  // Adds up all partials. The first ones' loads are issued before the norm is known, because the
  // norm waits for memory too.
  __device__ MergeNorm run() {
    load(0);
    const MergeNorm result = norm();
    const float scale = 1.0f / result.sum;
    for (int first = 0;;) {
      add(result.max, scale);
      first += kInFlight;
      if (first >= params_.num_partials) return result;
      load(first);
    }
  }

  __device__ void store(const MergeNorm& norm) const {
    constexpr int kBytes = size_bytes(kConfig.out_dtype);
    char* const out = static_cast<char*>(params_.out) +
                      (row_ * params_.out_row_stride + head_ * params_.out_head_stride) * kBytes;
#pragma unroll
    for (int i = 0; i < kVectorsPerLane; ++i) {
      if (exists(i)) {
        ptx::st_global(out + column(i) * kBytes, tile::rounded<kConfig.out_dtype>(sums_[i]));
      }
    }
    if (params_.lse != nullptr && lane_ == 0) {
      // lg2 of a sum of at least 1 is added to the largest, so large values keep their digits.
      const float rest = norm.is_neutral() ? 0.0f : ptx::lg2_approx(norm.sum) * params_.from_log2;
      ptx::st_global(params_.lse + row_ * params_.num_heads + head_, norm.max + rest);
    }
  }

 private:
  using Loaded = tile::Raw<kElements * size_bytes(kConfig.partial_dtype)>;

  __device__ int column(int i) const { return (lane_ + i * kLanes) * kElements; }
  __device__ bool exists(int i) const {
    return kVectors % kLanes == 0 || lane_ + i * kLanes < kVectors;
  }

  __device__ float lse(int n) const {
    const auto& partial = params_.partials[n];
    return ptx::ld_global(partial.lse + row_ * partial.lse_row_stride +
                          head_ * partial.lse_head_stride);
  }

  // exp(lse - max). With all partials neutral it is 0, not NaN; +inf and NaN give NaN.
  __device__ float weight(float lse, float max) const {
    return lse == -kInfinity ? 0.0f : ptx::ex2_approx((lse - max) * params_.to_log2);
  }

  __device__ MergeNorm norm() const {
    float max = -kInfinity;
    for (int n = lane_; n < params_.num_partials; n += kLanes) max = fmaxf(max, lse(n));
    max = group_max<kLanes>(max);
    float sum = 0.0f;
    for (int n = lane_; n < params_.num_partials; n += kLanes) sum += weight(lse(n), max);
    return {max, group_sum<kLanes>(sum)};
  }

  // Issues the loads of partials [first, first + kInFlight). One past the end counts as neutral.
  __device__ void load(int first) {
#pragma unroll
    for (int n = 0; n < kInFlight; ++n) {
      lses_[n] = -kInfinity;
      if (first + n < params_.num_partials) {
        load(first + n, loaded_[n]);
        lses_[n] = lse(first + n);
      }
    }
  }

  __device__ void load(int n, Loaded (&loaded)[kVectorsPerLane]) const {
    const auto& partial = params_.partials[n];
    constexpr int kBytes = size_bytes(kConfig.partial_dtype);
    const char* const out =
        static_cast<const char*>(partial.out) +
        (row_ * partial.out_row_stride + head_ * partial.out_head_stride) * kBytes;
#pragma unroll
    for (int i = 0; i < kVectorsPerLane; ++i) {
      if (exists(i)) ptx::ld_global(loaded[i], out + column(i) * kBytes);
    }
  }

  // Adds what was loaded last. What a neutral partial holds, NaN even, is no influence.
  __device__ void add(float max, float scale) {
#pragma unroll
    for (int n = 0; n < kInFlight; ++n) {
      if (lses_[n] != -kInfinity) add(loaded_[n], weight(lses_[n], max) * scale);
    }
  }

  __device__ void add(const Loaded (&loaded)[kVectorsPerLane], float factor) {
#pragma unroll
    for (int i = 0; i < kVectorsPerLane; ++i) {
#pragma unroll
      for (int e = 0; e < kElements; ++e) {
        sums_[i][e] += factor * tile::element<kConfig.partial_dtype>(loaded[i], e);
      }
    }
  }

  const Params& params_;
  long long row_;
  long long head_;
  int lane_;                                   // within the item's group
  Loaded loaded_[kInFlight][kVectorsPerLane];  // of the partials that were loaded last
  float lses_[kInFlight];
  float sums_[kVectorsPerLane][kElements] = {};
};

template <MergeConfig kConfig>
__global__ void __launch_bounds__(kConfig.num_threads())
    merge_kernel(const __grid_constant__ MergeParams<kConfig.max_partials> params) {
  constexpr unsigned kItemsPerBlock = kConfig.num_threads() / kConfig.lanes_per_item;
  const unsigned item = blockIdx.x * kItemsPerBlock + threadIdx.x / kConfig.lanes_per_item;
  // A group past the end works on the last item again and stores nothing: the shuffles need it.
  MergeItem<kConfig> merge(params, min(item, params.num_items - 1),
                           threadIdx.x % kConfig.lanes_per_item);

  ptx::griddepcontrol_wait();
  ptx::griddepcontrol_launch_dependents();
  const MergeNorm norm = merge.run();
  if (item < params.num_items) merge.store(norm);
}

}  // namespace mla
