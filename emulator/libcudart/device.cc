// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <utility>

#include "emulator/libcuda/state.h"
#include "emulator/libcuda/stream.h"
#include "emulator/libcudart/api.h"

namespace emulator::libcudart {
namespace {

constexpr int kRuntimeVersion = 13000;

thread_local cudaError_t last_error = kCudaSuccess;

int attribute(mla::driver::CUdevice_attribute which) {
  int value = 0;
  libcuda::cuDeviceGetAttribute(&value, which, 0);
  return value;
}

void fill_sizes(DeviceProperties& properties) {
  using namespace mla::driver;
  constexpr int kRegistersPerSm = 65536;
  properties.warp_size = attribute(mla::driver::kWarpSize);
  properties.registers_per_block = properties.registers_per_sm = kRegistersPerSm;
  properties.shared_bytes_per_block = 48 * 1024;
  properties.shared_bytes_per_block_optin =
      static_cast<size_t>(attribute(kMaxSmemPerBlockOptinBytes));
  properties.shared_bytes_per_sm = static_cast<size_t>(attribute(kMaxSmemPerMultiprocessorBytes));
  properties.reserved_shared_bytes_per_block = 1024;
  properties.max_threads_per_block = attribute(kMaxThreadsPerBlock);
  properties.max_threads_per_sm = attribute(kMaxThreadsPerMultiprocessor);
  properties.max_blocks_per_sm = attribute(kMaxBlocksPerMultiprocessor);
  properties.l2_bytes = attribute(kL2CacheSizeBytes);
  properties.constant_bytes = 64 * 1024;
  properties.max_threads_dim[0] = properties.max_threads_dim[1] = 1024;
  properties.max_threads_dim[2] = 64;
  properties.max_grid_size[0] = 0x7fffffff;
  properties.max_grid_size[1] = properties.max_grid_size[2] = 65535;
}

}  // namespace

cudaError_t remember(int error) {
  if (error != kCudaSuccess) last_error = static_cast<cudaError_t>(error);
  return static_cast<cudaError_t>(error);
}

cudaError_t cudaGetLastError() {
  return std::exchange(last_error, kCudaSuccess);
}

cudaError_t cudaPeekAtLastError() {
  return last_error;
}

const char* cudaGetErrorString(cudaError_t error) {
  const char* text = nullptr;
  libcuda::cuGetErrorString(static_cast<mla::driver::CUresult>(error), &text);
  return text ? text : "unrecognized error code";
}

const char* cudaGetErrorName(cudaError_t error) {
  const char* name = nullptr;
  libcuda::cuGetErrorName(static_cast<mla::driver::CUresult>(error), &name);
  return name ? name : "unrecognized error code";
}

cudaError_t cudaGetDeviceCount(int* count) {
  return remember(libcuda::cuDeviceGetCount(count));
}

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return kCudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  return device == 0 ? kCudaSuccess : remember(kCudaInvalidDevice);
}

cudaError_t cudaGetDeviceProperties(DeviceProperties* properties, int device) {
  if (device != 0) return remember(kCudaInvalidDevice);
  *properties = {};
  libcuda::cuDeviceGetName(properties->name, sizeof properties->name, 0);
  size_t free_bytes = 0;
  libcuda::cuMemGetInfo_v2(&free_bytes, &properties->global_bytes);
  properties->major = attribute(mla::driver::kComputeCapabilityMajor);
  properties->minor = attribute(mla::driver::kComputeCapabilityMinor);
  properties->num_sms = attribute(mla::driver::kMultiprocessorCount);
  properties->unified_addressing = properties->concurrent_kernels = 1;
  properties->cooperative_launch = properties->cluster_launch = 1;
  fill_sizes(*properties);
  return kCudaSuccess;
}

// The numbers of the attributes are the driver's.
cudaError_t cudaDeviceGetAttribute(int* value, int which, int device) {
  if (device != 0) return remember(kCudaInvalidDevice);
  return remember(libcuda::cuDeviceGetAttribute(
      value, static_cast<mla::driver::CUdevice_attribute>(which), device));
}

cudaError_t cudaDeviceSynchronize() {
  return remember(libcuda::guarded([] {
    libcuda::drain_all();
    return mla::driver::kSuccess;
  }));
}

cudaError_t cudaDriverGetVersion(int* version) {
  return remember(libcuda::cuDriverGetVersion(version));
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = kRuntimeVersion;
  return kCudaSuccess;
}

cudaError_t cudaGetDriverEntryPointByVersion(const char* symbol, void** function, unsigned version,
                                             unsigned long long flags, int* status) {
  return remember(
      libcuda::cuGetProcAddress_v2(symbol, function, static_cast<int>(version), flags, status));
}

}  // namespace emulator::libcudart
