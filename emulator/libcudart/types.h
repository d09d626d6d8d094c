// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/driver/types.h"

// The binary interface of the CUDA 13 runtime, as far as compiled programs meet it here. Structs
// have the fields that are filled in or read, at their places.
namespace emulator::libcudart {

enum cudaError_t : int {
  kCudaSuccess = 0,
  kCudaInvalidValue = 1,
  kCudaMemoryAllocation = 2,
  kCudaMissingConfiguration = 52,
  kCudaInvalidSymbol = 13,
  kCudaInvalidDeviceFunction = 98,
  kCudaInvalidDevice = 101,
};

using cudaStream_t = mla::driver::CUstream;
using cudaEvent_t = mla::driver::CUevent;

struct Dim3 {
  unsigned x, y, z;
};

enum class CopyKind : int { kHostToHost, kHostToDevice, kDeviceToHost, kDeviceToDevice, kDefault };

struct LaunchConfig {
  Dim3 grid;
  Dim3 block;
  size_t dynamic_shared_bytes;
  cudaStream_t stream;
  mla::driver::CUlaunchAttribute* attributes;
  unsigned num_attributes;
};

struct FunctionAttributes {
  size_t shared_bytes;
  size_t constant_bytes;
  size_t local_bytes;
  int max_threads_per_block;
  int num_registers;
  int ptx_version;
  int binary_version;
  int cache_mode_ca;
  int max_dynamic_shared_bytes;
  uint8_t others[96];
};
static_assert(sizeof(FunctionAttributes) == 144);

// cudaDeviceProp.
struct DeviceProperties {
  char name[256];
  uint8_t ids[32];
  size_t global_bytes;
  size_t shared_bytes_per_block;
  int registers_per_block;
  int warp_size;
  size_t pitch;
  int max_threads_per_block;
  int max_threads_dim[3];
  int max_grid_size[3];
  size_t constant_bytes;
  int major;
  int minor;
  size_t texture_alignment[2];
  int num_sms;
  uint8_t textures[172];
  int concurrent_kernels;
  uint8_t buses[24];
  int unified_addressing;
  int memory_bus_width;
  int l2_bytes;
  int persisting_l2_bytes;
  int max_threads_per_sm;
  uint8_t caches[16];
  size_t shared_bytes_per_sm;
  int registers_per_sm;
  uint8_t managed[32];
  int cooperative_launch;
  size_t shared_bytes_per_block_optin;
  uint8_t direct[8];
  int max_blocks_per_sm;
  int access_policy_window;
  size_t reserved_shared_bytes_per_block;
  uint8_t registration[44];
  int cluster_launch;
  uint8_t others[256];
};
static_assert(offsetof(DeviceProperties, major) == 360);
static_assert(offsetof(DeviceProperties, num_sms) == 384);
static_assert(offsetof(DeviceProperties, concurrent_kernels) == 560);
static_assert(offsetof(DeviceProperties, unified_addressing) == 588);
static_assert(offsetof(DeviceProperties, shared_bytes_per_sm) == 624);
static_assert(offsetof(DeviceProperties, cooperative_launch) == 668);
static_assert(offsetof(DeviceProperties, max_blocks_per_sm) == 688);
static_assert(offsetof(DeviceProperties, cluster_launch) == 748);
static_assert(sizeof(DeviceProperties) == 1008);

}  // namespace emulator::libcudart
