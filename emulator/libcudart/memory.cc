// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/libcudart/api.h"
#include "emulator/libcudart/modules.h"

namespace emulator::libcudart {
namespace {

using mla::driver::CUdeviceptr;

CUdeviceptr device_pointer(const void* pointer) {
  return reinterpret_cast<CUdeviceptr>(pointer);
}

bool fits(const DeviceVariable& variable, size_t bytes, size_t offset) {
  return variable.address && offset <= variable.bytes && bytes <= variable.bytes - offset;
}

}  // namespace

cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  if (!pointer) return remember(kCudaInvalidValue);
  CUdeviceptr address = 0;
  const int error = bytes == 0 ? 0 : libcuda::cuMemAlloc_v2(&address, bytes);
  *pointer = reinterpret_cast<void*>(address);
  return remember(error);
}

cudaError_t cudaFree(void* pointer) {
  return remember(libcuda::cuMemFree_v2(device_pointer(pointer)));
}

// Device addresses are those of the host's memory behind them, so that kinds differ only in which
// of the two must be device memory.
cudaError_t cudaMemcpyAsync(void* destination, const void* source, size_t bytes, CopyKind kind,
                            cudaStream_t stream) {
  switch (kind) {
    case CopyKind::kHostToDevice:
      return remember(
          libcuda::cuMemcpyHtoDAsync_v2(device_pointer(destination), source, bytes, stream));
    case CopyKind::kDeviceToHost:
      return remember(
          libcuda::cuMemcpyDtoHAsync_v2(destination, device_pointer(source), bytes, stream));
    case CopyKind::kDeviceToDevice:
      return remember(libcuda::cuMemcpyDtoDAsync_v2(device_pointer(destination),
                                                    device_pointer(source), bytes, stream));
    default: break;
  }
  // Between unknown places: whichever of them the driver knows.
  if (libcuda::cuMemcpyDtoHAsync_v2(destination, device_pointer(source), bytes, stream) == 0) {
    return kCudaSuccess;
  }
  return remember(
      libcuda::cuMemcpyHtoDAsync_v2(device_pointer(destination), source, bytes, stream));
}

cudaError_t cudaMemcpy(void* destination, const void* source, size_t bytes, CopyKind kind) {
  const cudaError_t error = cudaMemcpyAsync(destination, source, bytes, kind, nullptr);
  return error == kCudaSuccess ? cudaStreamSynchronize(nullptr) : error;
}

cudaError_t cudaMemsetAsync(void* pointer, int value, size_t count, cudaStream_t stream) {
  return remember(libcuda::cuMemsetD8Async(device_pointer(pointer),
                                           static_cast<unsigned char>(value), count, stream));
}

cudaError_t cudaMemset(void* pointer, int value, size_t count) {
  return cudaMemsetAsync(pointer, value, count, nullptr);
}

cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* source, size_t bytes, size_t offset,
                               CopyKind kind) {
  const DeviceVariable variable = find_variable(symbol);
  if (!fits(variable, bytes, offset)) return remember(kCudaInvalidSymbol);
  return cudaMemcpy(variable.address + offset, source, bytes, kind);
}

cudaError_t cudaMemcpyFromSymbol(void* destination, const void* symbol, size_t bytes, size_t offset,
                                 CopyKind kind) {
  const DeviceVariable variable = find_variable(symbol);
  if (!fits(variable, bytes, offset)) return remember(kCudaInvalidSymbol);
  return cudaMemcpy(destination, variable.address + offset, bytes, kind);
}

cudaError_t cudaGetSymbolAddress(void** pointer, const void* symbol) {
  *pointer = find_variable(symbol).address;
  return *pointer ? kCudaSuccess : remember(kCudaInvalidSymbol);
}

}  // namespace emulator::libcudart
