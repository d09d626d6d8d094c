// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/kv_pack_config.h"
#include "device/abi/kv_pack_params.h"
#include "device/ptx/griddepcontrol.cuh"
#include "device/tile/vector.cuh"

// Joins k_nope and k_pe and casts K and V to FP8, in one pass over memory.
//
// A warp packs heads_per_warp heads of one token. It first issues all its loads, so that enough
// bytes are in flight to fill the memory's pipe, then converts and stores. k_pe is the same for
// every head: a lane loads and converts its part once where the lane layout allows it.
//
//   k_out row   | nope: vectors 0 .. nope_dim / n - 1 | rope: vectors 0 .. rope_dim / n - 1 |
//   lanes       vector i of head j is item i + j * vectors_per_row; lane l has items l, l + 32, ...
namespace mla {

// The part of a warp's rows that comes from one tensor of kDim columns. kIsShared: every head has
// the same row there.
template <KvPackConfig kConfig, int kDim, bool kIsShared = false>
class PackStrip {
 public:
  static constexpr int kVectorElements = kConfig.vector_elements;
  static constexpr int kInBytes = size_bytes(kConfig.dtype);
  static constexpr int kVectorsPerRow = kDim / kVectorElements;
  static constexpr int kItems = kVectorsPerRow * kConfig.heads_per_warp;
  static constexpr int kItemsPerLane = (kItems + 31) / 32;
  // Where a row's vectors divide the warp, all items of a lane lie in the same column.
  static constexpr int kLoads = kIsShared && 32 % kVectorsPerRow == 0 ? 1 : kItemsPerLane;
  static_assert(kDim % kVectorElements == 0);

  __device__ PackStrip(unsigned lane, int num_heads) : lane_(lane), num_heads_(num_heads) {}

  // Issues the loads of this lane's items. `rows` is head 0 of the warp.
  __device__ void load(const char* rows, long long head_stride) {
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      if (exists(i)) {
        ptx::ld_global(loaded_[i], rows + (head(i) * head_stride + column(i)) * kInBytes);
      }
    }
  }

  // Converts and stores them. `rows` is where column 0 of this strip goes in head 0 of the warp.
  __device__ void store(char* rows, long long head_stride, float scale) const {
#pragma unroll
    for (int i = 0; i < kItemsPerLane; ++i) {
      if (exists(i)) ptx::st_global(rows + head(i) * head_stride + column(i), packed(i, scale));
    }
  }

 private:
  __device__ int item(int i) const { return int(lane_) + 32 * i; }
  __device__ int head(int i) const { return item(i) / kVectorsPerRow; }
  __device__ int column(int i) const { return item(i) % kVectorsPerRow * kVectorElements; }
  __device__ bool exists(int i) const { return head(i) < num_heads_; }

  __device__ auto packed(int i, float scale) const {
    float values[kVectorElements];
#pragma unroll
    for (int e = 0; e < kVectorElements; ++e) {
      values[e] = tile::element<kConfig.dtype>(loaded_[i % kLoads], e) * scale;
    }
    return tile::rounded<kConfig.out_dtype>(values);
  }

  tile::Raw<kVectorElements * kInBytes> loaded_[kLoads];
  unsigned lane_;
  int num_heads_;  // of this warp
};

template <KvPackConfig kConfig>
__global__ void __launch_bounds__(kConfig.num_threads())
    kv_pack_kernel(const __grid_constant__ KvPackParams params) {
  const unsigned lane = threadIdx.x;
  const unsigned warp = blockIdx.x * kConfig.warps_per_block + threadIdx.y;
  if (warp >= params.num_warps) return;
  const long long token = warp / params.num_head_groups;
  const unsigned first_head = warp % params.num_head_groups * kConfig.heads_per_warp;
  const int num_heads = min(int(params.num_heads - first_head), kConfig.heads_per_warp);

  const auto row = [&](const KvPackParams::Rows& rows, int element_bytes) {
    return static_cast<char*>(rows.data) +
           (token * rows.token_stride + first_head * rows.head_stride) * element_bytes;
  };
  constexpr int kInBytes = size_bytes(kConfig.dtype);
  PackStrip<kConfig, kConfig.nope_dim> nope(lane, num_heads);
  PackStrip<kConfig, kConfig.rope_dim, true> rope(lane, num_heads);
  PackStrip<kConfig, kConfig.v_dim> v(lane, num_heads);

  ptx::griddepcontrol_wait();
  nope.load(row(params.k_nope, kInBytes), params.k_nope.head_stride);
  v.load(row(params.v, kInBytes), params.v.head_stride);
  rope.load(row(params.k_pe, kInBytes), 0);
  ptx::griddepcontrol_launch_dependents();

  char* const k_out = row(params.k_out, 1);
  nope.store(k_out, params.k_out.head_stride, params.k_scale);
  rope.store(k_out + kConfig.nope_dim, params.k_out.head_stride, params.k_scale);
  v.store(row(params.v_out, 1), params.v_out.head_stride, params.v_scale);
}

}  // namespace mla
