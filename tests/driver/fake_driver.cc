// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "driver/fake_driver.h"

#include <cstring>
#include <mutex>

using mla::testing::answer;
using mla::testing::FakeDriver;
using namespace mla::driver;

#define MLA_EXPORT extern "C" __attribute__((visibility("default")))

MLA_EXPORT FakeDriver* fake_driver() {
  static FakeDriver state;
  return &state;
}

CUresult mla::testing::answer(const char* function) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  FakeDriver& state = *fake_driver();
  state.calls.emplace_back(function);
  const auto found = state.results.find(function);
  return found == state.results.end() ? kSuccess : found->second;
}

namespace {

// Contexts are numbered from 1, so that none is null.
CUcontext context_of(CUdevice device) {
  return reinterpret_cast<CUcontext>(std::uintptr_t(device) + 1);
}

}  // namespace

// Functions that have something to say besides success or failure.

MLA_EXPORT CUresult cuDriverGetVersion(int* version) {
  *version = fake_driver()->version;
  return answer(__func__);
}

MLA_EXPORT CUresult cuGetErrorName(CUresult error, const char** text) {
  *text = error == kErrorNotFound ? "CUDA_ERROR_NOT_FOUND" : "CUDA_ERROR_LAUNCH_FAILED";
  return answer(__func__);
}

MLA_EXPORT CUresult cuGetErrorString(CUresult error, const char** text) {
  *text = error == kErrorNotFound ? "named symbol not found" : "unspecified launch failure";
  return answer(__func__);
}

MLA_EXPORT CUresult cuDeviceGetCount(int* count) {
  *count = fake_driver()->num_devices;
  return answer(__func__);
}

MLA_EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  *device = ordinal;
  return answer(__func__);
}

MLA_EXPORT CUresult cuDeviceGetName(char* name, int length, CUdevice) {
  std::strncpy(name, fake_driver()->device_name.c_str(), std::size_t(length));
  return answer(__func__);
}

MLA_EXPORT CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  *value = fake_driver()->attributes[attribute];
  return answer(__func__);
}

MLA_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  *context = context_of(device);
  return answer(__func__);
}

MLA_EXPORT CUresult cuCtxGetCurrent(CUcontext* context) {
  *context = fake_driver()->current;
  return answer(__func__);
}

MLA_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context) {
  fake_driver()->current = context;
  return answer(__func__);
}

MLA_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  *context = fake_driver()->current;
  fake_driver()->current = nullptr;
  return answer(__func__);
}

MLA_EXPORT CUresult cuLibraryLoadData(CUlibrary* library, const void* code, CUjit_option*, void**,
                                      unsigned, CUlibraryOption*, void**, unsigned) {
  const CUresult result = answer(__func__);
  if (result != kSuccess) return result;
  *library = reinterpret_cast<CUlibrary>(std::uintptr_t(1));
  fake_driver()->images.emplace_back(static_cast<const char*>(code), 4);
  return result;
}

MLA_EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* num_blocks, CUfunction, int,
                                                                std::size_t) {
  *num_blocks = 8;
  return answer(__func__);
}

MLA_EXPORT CUresult cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType data_type,
                                           cuuint32_t rank, void* address, const cuuint64_t* dims,
                                           const cuuint64_t* strides, const cuuint32_t* box,
                                           const cuuint32_t*, CUtensorMapInterleave,
                                           CUtensorMapSwizzle swizzle,
                                           CUtensorMapL2promotion l2_promotion,
                                           CUtensorMapFloatOOBfill fill) {
  std::memcpy(map, &address, sizeof(address));
  TensorTile tile = {.data_type = data_type,
                     .rank = int(rank),
                     .swizzle = swizzle,
                     .l2_promotion = l2_promotion,
                     .out_of_bounds_fill = fill};
  for (cuuint32_t i = 0; i < rank && i < TensorTile::kMaxRank; ++i) {
    tile.dims[i] = dims[i];
    tile.box[i] = box[i];
    if (i + 1 < rank) tile.stride_bytes[i] = strides[i];
  }
  fake_driver()->tensor_maps.push_back({address, tile});
  return answer(__func__);
}

MLA_EXPORT CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction, void** parameters,
                                     void**) {
  mla::testing::FakeLaunch launch{.config = *config, .attributes = {}};
  launch.attributes.assign(config->attributes, config->attributes + config->num_attributes);
  std::memcpy(&launch.first_argument, parameters[0], sizeof(int));
  fake_driver()->launches.push_back(launch);
  return answer(__func__);
}
