// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// A program as others write them: it knows of CUDA's runtime and of no emulator. Built where there
// is nvcc, with -cudart shared --no-compress and PTX inside, and run on the stand-in.
#include <cuda_runtime.h>

#include <cstdio>
#include <vector>

__constant__ unsigned bin_width;
__device__ unsigned num_counted;

// Counts values in bins; each block adds its own counts at the end.
__global__ void histogram(const unsigned* values, int count, unsigned* bins, int num_bins) {
  extern __shared__ unsigned own[];
  for (int i = threadIdx.x; i < num_bins; i += blockDim.x) own[i] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += blockDim.x * gridDim.x) {
    atomicAdd(&own[values[i] / bin_width], 1u);
    atomicAdd(&num_counted, 1u);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < num_bins; i += blockDim.x) atomicAdd(&bins[i], own[i]);
}

#define CHECK(call)                                                                       \
  if (const cudaError_t error = (call); error != cudaSuccess) {                           \
    std::printf("FAIL line %d: %s\n", __LINE__, cudaGetErrorString(error));               \
    return 1;                                                                             \
  }

int main() {
  constexpr int kCount = 5000;
  constexpr int kBins = 16;
  constexpr unsigned kBinWidth = 64;
  std::vector<unsigned> values(kCount);
  std::vector<unsigned> expected(kBins);
  for (int i = 0; i < kCount; ++i) {
    values[i] = i * 2654435761u >> 22;
    ++expected[values[i] / kBinWidth];
  }
  unsigned* device_values = nullptr;
  unsigned* device_bins = nullptr;
  CHECK(cudaMalloc(&device_values, kCount * sizeof(unsigned)));
  CHECK(cudaMalloc(&device_bins, kBins * sizeof(unsigned)));
  CHECK(cudaMemcpy(device_values, values.data(), kCount * 4, cudaMemcpyHostToDevice));
  CHECK(cudaMemset(device_bins, 0, kBins * sizeof(unsigned)));
  CHECK(cudaMemcpyToSymbol(bin_width, &kBinWidth, sizeof(kBinWidth)));
  CHECK(cudaFuncSetAttribute(histogram, cudaFuncAttributeMaxDynamicSharedMemorySize, 1024));

  cudaEvent_t start = nullptr;
  cudaEvent_t end = nullptr;
  CHECK(cudaEventCreate(&start));
  CHECK(cudaEventCreate(&end));
  CHECK(cudaEventRecord(start));
  histogram<<<4, 128, kBins * sizeof(unsigned)>>>(device_values, kCount, device_bins, kBins);
  CHECK(cudaGetLastError());
  CHECK(cudaEventRecord(end));
  CHECK(cudaEventSynchronize(end));
  float milliseconds = -1;
  CHECK(cudaEventElapsedTime(&milliseconds, start, end));

  std::vector<unsigned> bins(kBins);
  unsigned counted = 0;
  CHECK(cudaMemcpy(bins.data(), device_bins, kBins * sizeof(unsigned), cudaMemcpyDefault));
  CHECK(cudaMemcpyFromSymbol(&counted, num_counted, sizeof(counted)));
  CHECK(cudaFree(device_bins));
  cudaDeviceProp properties{};
  CHECK(cudaGetDeviceProperties(&properties, 0));
  const bool is_right = bins == expected && counted == kCount && milliseconds >= 0 &&
                        properties.warpSize == 32 && properties.major >= 9;
  std::printf("%s on %s\n", is_right ? "PASS" : "FAIL", properties.name);
  return is_right ? 0 : 1;
}
