// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <vector>

#include "emulator/libcudart/api.h"
#include "emulator/libcudart/modules.h"

namespace emulator::libcudart {
namespace {

using mla::driver::CUfunction;
using mla::driver::CUkernel;

struct CallConfiguration {
  Dim3 grid;
  Dim3 block;
  size_t shared_bytes;
  cudaStream_t stream;
};

// What stands between <<< and >>>, until the host function behind it asks.
std::vector<CallConfiguration>& pending_calls() {
  thread_local std::vector<CallConfiguration> calls;
  return calls;
}

cudaError_t launch(CUkernel kernel, const LaunchConfig& config, void** arguments) {
  if (!kernel) return remember(kCudaInvalidDeviceFunction);
  CUfunction function = nullptr;
  if (const int error = libcuda::cuKernelGetFunction(&function, kernel)) return remember(error);
  const mla::driver::CUlaunchConfig driver_config{
      config.grid.x,
      config.grid.y,
      config.grid.z,
      config.block.x,
      config.block.y,
      config.block.z,
      static_cast<unsigned>(config.dynamic_shared_bytes),
      config.stream,
      config.attributes,
      config.num_attributes};
  return remember(libcuda::cuLaunchKernelEx(&driver_config, function, arguments, nullptr));
}

}  // namespace

unsigned __cudaPushCallConfiguration(Dim3 grid, Dim3 block, size_t shared_bytes,
                                     cudaStream_t stream) {
  pending_calls().push_back({grid, block, shared_bytes, stream});
  return 0;
}

cudaError_t __cudaPopCallConfiguration(Dim3* grid, Dim3* block, size_t* shared_bytes,
                                       cudaStream_t* stream) {
  if (pending_calls().empty()) return remember(kCudaMissingConfiguration);
  const CallConfiguration call = pending_calls().back();
  pending_calls().pop_back();
  *grid = call.grid;
  *block = call.block;
  *shared_bytes = call.shared_bytes;
  *stream = call.stream;
  return kCudaSuccess;
}

cudaError_t __cudaGetKernel(const void** kernel, const void* host) {
  *kernel = find_kernel(host);
  return *kernel ? kCudaSuccess : remember(kCudaInvalidDeviceFunction);
}

cudaError_t __cudaLaunchKernel(const void* kernel, Dim3 grid, Dim3 block, void** arguments,
                               size_t shared_bytes, cudaStream_t stream) {
  return launch(static_cast<CUkernel>(const_cast<void*>(kernel)),
                {grid, block, shared_bytes, stream, nullptr, 0}, arguments);
}

cudaError_t cudaLaunchKernel(const void* host, Dim3 grid, Dim3 block, void** arguments,
                             size_t shared_bytes, cudaStream_t stream) {
  return launch(find_kernel(host), {grid, block, shared_bytes, stream, nullptr, 0}, arguments);
}

cudaError_t cudaLaunchKernelExC(const LaunchConfig* config, const void* host, void** arguments) {
  if (!config) return remember(kCudaInvalidValue);
  return launch(find_kernel(host), *config, arguments);
}

// The numbers of the attributes are the driver's.
cudaError_t cudaFuncSetAttribute(const void* host, int attribute, int value) {
  const CUkernel kernel = find_kernel(host);
  if (!kernel) return remember(kCudaInvalidDeviceFunction);
  constexpr int kPreferredSharedMemoryCarveout = 9;
  if (attribute == kPreferredSharedMemoryCarveout) return kCudaSuccess;  // a hint
  return remember(libcuda::cuKernelSetAttribute(
      static_cast<mla::driver::CUfunction_attribute>(attribute), value, kernel, 0));
}

cudaError_t cudaFuncGetAttributes(FunctionAttributes* attributes, const void* host) {
  const CUkernel kernel = find_kernel(host);
  if (!kernel) return remember(kCudaInvalidDeviceFunction);
  const auto read = [&](mla::driver::CUfunction_attribute attribute) {
    int value = 0;
    libcuda::cuKernelGetAttribute(&value, attribute, kernel, 0);
    return value;
  };
  *attributes = {};
  attributes->shared_bytes = static_cast<size_t>(read(mla::driver::kFunctionStaticSmemBytes));
  attributes->local_bytes = static_cast<size_t>(read(mla::driver::kFunctionLocalBytes));
  attributes->max_threads_per_block = read(mla::driver::kFunctionMaxThreadsPerBlock);
  attributes->num_registers = read(mla::driver::kFunctionNumRegisters);
  attributes->max_dynamic_shared_bytes = read(mla::driver::kFunctionMaxDynamicSmemBytes);
  return kCudaSuccess;
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* num_blocks, const void* host,
                                                          int block_size, size_t shared_bytes) {
  const CUkernel kernel = find_kernel(host);
  if (!kernel) return remember(kCudaInvalidDeviceFunction);
  CUfunction function = nullptr;
  if (const int error = libcuda::cuKernelGetFunction(&function, kernel)) return remember(error);
  return remember(libcuda::cuOccupancyMaxActiveBlocksPerMultiprocessor(num_blocks, function,
                                                                       block_size, shared_bytes));
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* num_blocks,
                                                                   const void* host, int block_size,
                                                                   size_t shared_bytes, unsigned) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessor(num_blocks, host, block_size, shared_bytes);
}

}  // namespace emulator::libcudart
