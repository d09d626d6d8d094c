// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// The source of simt.ptx, made by: nvcc -ptx -lineinfo -std=c++17 -arch=sm_90a simt.cu
#include <cstdint>

struct PackParams {
  const uint16_t* values;  // bfloat16
  uint16_t* packed;        // pairs of e4m3
  float scale;
  long long row_stride;  // elements
  int row_length;        // elements, a multiple of 8
};

__device__ __forceinline__ uint16_t to_e4m3x2(float high, float low) {
  uint16_t pair;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(pair) : "f"(high), "f"(low));
  return pair;
}

__device__ __forceinline__ float from_bfloat16(uint32_t bits) { return __uint_as_float(bits << 16); }

// One thread packs 8 values of one row; blockIdx.y is the row.
extern "C" __global__ void __launch_bounds__(256) pack(const __grid_constant__ PackParams params) {
  asm volatile("griddepcontrol.wait;" ::: "memory");
  const int first = (blockIdx.x * blockDim.x + threadIdx.x) * 8;
  if (first >= params.row_length) return;
  const long long offset = blockIdx.y * params.row_stride + first;
  const uint4 eight = *reinterpret_cast<const uint4*>(params.values + offset);
  const uint32_t words[4] = {eight.x, eight.y, eight.z, eight.w};
  uint32_t pairs[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    pairs[i] = to_e4m3x2(from_bfloat16(words[i] >> 16) * params.scale,
                         from_bfloat16(words[i] & 0xffff) * params.scale);
  }
  *reinterpret_cast<uint2*>(params.packed + offset / 2) =
      make_uint2(pairs[0] | pairs[1] << 16, pairs[2] | pairs[3] << 16);
}

__device__ float warp_sum(float value) {
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xffffffff, value, offset);
  }
  return value;
}

// Adds log2(sum of 2^values) of each block to *total.
extern "C" __global__ void reduce(const float* values, float* total, int count) {
  __shared__ float partial[32];
  float sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += blockDim.x * gridDim.x) {
    sum += exp2f(values[i]);
  }
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) {
    sum = warp_sum(threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0);
    if (threadIdx.x == 0) atomicAdd(total, log2f(sum));
  }
}

// Merges two partial attention results by their log-sum-exps (base 2); one block per row.
extern "C" __global__ void merge(const float* a, const float* lse_a, const float* b,
                                 const float* lse_b, float* out, float* lse_out, int row_length) {
  const int row = blockIdx.x;
  const float highest = fmaxf(lse_a[row], lse_b[row]);
  const float safe = highest == -INFINITY ? 0 : highest;
  const float weight_a = exp2f(lse_a[row] - safe);
  const float weight_b = exp2f(lse_b[row] - safe);
  const float sum = weight_a + weight_b;
  for (int i = threadIdx.x; i < row_length; i += blockDim.x) {
    const int place = row * row_length + i;
    out[place] = sum == 0 ? 0 : (weight_a * a[place] + weight_b * b[place]) / sum;
  }
  if (threadIdx.x == 0) lse_out[row] = log2f(sum) + safe;
}

// A matrix product of tiles in shared memory: c = a * b, all n x n with n a multiple of 16.
extern "C" __global__ void matmul(const float* a, const float* b, float* c, int n) {
  __shared__ float tile_a[16][16];
  __shared__ float tile_b[16][16];
  const int row = blockIdx.y * 16 + threadIdx.y;
  const int column = blockIdx.x * 16 + threadIdx.x;
  float sum = 0;
  for (int k = 0; k < n; k += 16) {
    tile_a[threadIdx.y][threadIdx.x] = a[row * n + k + threadIdx.x];
    tile_b[threadIdx.y][threadIdx.x] = b[(k + threadIdx.y) * n + column];
    __syncthreads();
    for (int i = 0; i < 16; ++i) sum += tile_a[threadIdx.y][i] * tile_b[i][threadIdx.x];
    __syncthreads();
  }
  c[row * n + column] = sum;
}
