// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <vector>

#include "emulator/libcuda/state.h"
#include "emulator/libcuda/stream.h"

namespace emulator::libcuda {
namespace {

template <typename T>
T* pointer(CUdeviceptr address) {
  return reinterpret_cast<T*>(address);
}

bool is_device_range(CUdeviceptr address, size_t bytes) {
  return bytes == 0 || state().memory.contains(address, bytes);
}

bool is_capturing(CUstream stream) {
  const Stream* found = find_stream(stream);
  return found && found->capture;
}

CUresult copy(void* destination, const void* source, size_t bytes, CUstream stream) {
  return submit(stream, [=] { std::memmove(destination, source, bytes); });
}

}  // namespace

CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  return guarded([&] {
    if (!address || bytes == 0) return kErrorInvalidValue;
    *address = state().memory.allocate(bytes);
    return *address ? kSuccess : kErrorOutOfMemory;
  });
}

CUresult cuMemFree_v2(CUdeviceptr address) {
  return guarded([&] {
    if (address == 0) return kSuccess;
    drain_all();
    return state().memory.free(address) ? kSuccess : kErrorInvalidValue;
  });
}

// Kernels reach the range at the address that the host knows it by.
CUresult cuMemHostRegister_v2(void* pointer, size_t bytes, unsigned) {
  return guarded([&] {
    if (!pointer || bytes == 0) return kErrorInvalidValue;
    const auto address = reinterpret_cast<CUdeviceptr>(pointer);
    return state().memory.add_host_range(address, bytes) ? kSuccess
                                                         : kErrorHostMemoryAlreadyRegistered;
  });
}

CUresult cuMemHostUnregister(void* pointer) {
  return guarded([&] {
    drain_all();
    const auto address = reinterpret_cast<CUdeviceptr>(pointer);
    return state().memory.remove_host_range(address) ? kSuccess : kErrorHostMemoryNotRegistered;
  });
}

CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes) {
  return guarded([&] {
    if (!free_bytes || !total_bytes) return kErrorInvalidValue;
    *total_bytes = state().memory.capacity_bytes();
    *free_bytes = *total_bytes - state().memory.used_bytes();
    return kSuccess;
  });
}

// The source may change as soon as the call returns, as with pageable memory.
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr destination, const void* source, size_t bytes,
                              CUstream stream) {
  return guarded([&] {
    if (!is_device_range(destination, bytes)) return kErrorInvalidValue;
    if (is_capturing(stream)) return copy(pointer<void>(destination), source, bytes, stream);
    const auto* first = static_cast<const uint8_t*>(source);
    return submit(stream, [destination, staged = std::vector<uint8_t>(first, first + bytes)] {
      std::memcpy(pointer<void>(destination), staged.data(), staged.size());
    });
  });
}

// Returns when the copy is done, as with pageable memory.
CUresult cuMemcpyDtoHAsync_v2(void* destination, CUdeviceptr source, size_t bytes,
                              CUstream stream) {
  return guarded([&] {
    if (!is_device_range(source, bytes)) return kErrorInvalidValue;
    const CUresult result = copy(destination, pointer<void>(source), bytes, stream);
    if (result == kSuccess && !is_capturing(stream)) drain(*find_stream(stream));
    return result;
  });
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr destination, CUdeviceptr source, size_t bytes,
                              CUstream stream) {
  return guarded([&] {
    if (!is_device_range(destination, bytes) || !is_device_range(source, bytes)) {
      return kErrorInvalidValue;
    }
    return copy(pointer<void>(destination), pointer<void>(source), bytes, stream);
  });
}

CUresult cuMemsetD8Async(CUdeviceptr destination, unsigned char value, size_t count,
                         CUstream stream) {
  return guarded([&] {
    if (!is_device_range(destination, count)) return kErrorInvalidValue;
    return submit(stream, [=] { std::memset(pointer<void>(destination), value, count); });
  });
}

CUresult cuMemsetD32Async(CUdeviceptr destination, unsigned value, size_t count, CUstream stream) {
  return guarded([&] {
    if (destination % 4 != 0 || !is_device_range(destination, count * 4)) {
      return kErrorInvalidValue;
    }
    return submit(stream, [=] { std::fill_n(pointer<unsigned>(destination), count, value); });
  });
}

}  // namespace emulator::libcuda
