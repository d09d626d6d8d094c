// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstdio>

#include "emulator/libcuda/state.h"

namespace emulator::libcuda {
namespace {

constexpr int kDriverVersion = 13020;

// There is one device with one context; its handle only has to be something else than null.
CUcontext primary_context() {
  return reinterpret_cast<CUcontext>(&state());
}

std::vector<CUcontext>& context_stack() {
  thread_local std::vector<CUcontext> stack;
  return stack;
}

struct ErrorText {
  CUresult result;
  const char* name;
  const char* text;
};

constexpr ErrorText kErrorTexts[] = {
    {kSuccess, "CUDA_SUCCESS", "no error"},
    {kErrorInvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {kErrorOutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {kErrorNoDevice, "CUDA_ERROR_NO_DEVICE", "no such emulated device"},
    {kErrorInvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {kErrorInvalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {kErrorInvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {kErrorNoBinaryForGpu, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no PTX in the image for this device"},
    {kErrorInvalidPtx, "CUDA_ERROR_INVALID_PTX", "the PTX was not understood; see the report"},
    {kErrorInvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {kErrorNotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {kErrorIllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "illegal address; see the report"},
    {kErrorIllegalInstruction, "CUDA_ERROR_ILLEGAL_INSTRUCTION", "illegal instruction"},
    {kErrorMisalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {kErrorLaunchFailed, "CUDA_ERROR_LAUNCH_FAILED", "launch failed; see the report"},
    {kErrorLaunchOutOfResources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources"},
    {kErrorCooperativeLaunchTooLarge, "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE",
     "too many blocks in cooperative launch"},
    {kErrorNotSupported, "CUDA_ERROR_NOT_SUPPORTED", "not supported by the emulator"},
    {kErrorStreamCaptureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {kErrorInvalidClusterSize, "CUDA_ERROR_INVALID_CLUSTER_SIZE", "invalid cluster size"},
    {kErrorUnknown, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const ErrorText* find_error(CUresult result) {
  for (const ErrorText& entry : kErrorTexts) {
    if (entry.result == result) return &entry;
  }
  return nullptr;
}

// False for an attribute that is not modelled.
bool read_attribute(const DeviceModel& device, CUdevice_attribute attribute, uint64_t& value) {
  switch (attribute) {
    case kMaxThreadsPerBlock: value = device.max_threads_per_cta; return true;
    case kMaxGridDimX: value = 0x7fffffff; return true;
    case kMaxGridDimY:
    case kMaxGridDimZ: value = 65535; return true;
    case mla::driver::kWarpSize: value = emulator::kWarpSize; return true;
    case kClockRateKilohertz: value = device.clock_kilohertz; return true;
    case kMultiprocessorCount: value = device.num_sms; return true;
    case kMemoryClockRateKilohertz: value = device.memory_clock_kilohertz; return true;
    case kGlobalMemoryBusWidthBits: value = device.memory_bus_bits; return true;
    case kL2CacheSizeBytes: value = device.l2_bytes; return true;
    case kMaxThreadsPerMultiprocessor: value = device.max_threads_per_sm; return true;
    case kComputeCapabilityMajor: value = static_cast<uint64_t>(device.compute_major); return true;
    case kComputeCapabilityMinor: value = static_cast<uint64_t>(device.compute_minor); return true;
    case kMaxSmemPerMultiprocessorBytes: value = device.shared_bytes_per_sm; return true;
    case kMaxSmemPerBlockOptinBytes: value = device.max_shared_bytes_per_cta; return true;
    case kMaxBlocksPerMultiprocessor: value = device.max_ctas_per_sm; return true;
    case kCooperativeLaunch:
    case kClusterLaunch:
    case kTensorMapAccessSupported: value = 1; return true;
  }
  return false;
}

}  // namespace

CUresult cuInit(unsigned flags) {
  if (flags != 0) return kErrorInvalidValue;
  return state().device ? kSuccess : kErrorNoDevice;
}

CUresult cuDriverGetVersion(int* version) {
  if (!version) return kErrorInvalidValue;
  *version = kDriverVersion;
  return kSuccess;
}

CUresult cuGetErrorName(CUresult error, const char** text) {
  const ErrorText* entry = find_error(error);
  if (!text) return kErrorInvalidValue;
  *text = entry ? entry->name : nullptr;
  return entry ? kSuccess : kErrorInvalidValue;
}

CUresult cuGetErrorString(CUresult error, const char** text) {
  const ErrorText* entry = find_error(error);
  if (!text) return kErrorInvalidValue;
  *text = entry ? entry->text : nullptr;
  return entry ? kSuccess : kErrorInvalidValue;
}

CUresult cuDeviceGetCount(int* count) {
  if (!count) return kErrorInvalidValue;
  *count = state().device ? 1 : 0;
  return kSuccess;
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return guarded([&] {
    if (!device) return kErrorInvalidValue;
    if (ordinal != 0) return kErrorInvalidDevice;
    *device = 0;
    return kSuccess;
  });
}

CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  return guarded([&] {
    if (!name || length <= 0) return kErrorInvalidValue;
    if (device != 0) return kErrorInvalidDevice;
    std::snprintf(name, static_cast<size_t>(length), "%s", state().device->name.c_str());
    return kSuccess;
  });
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device) {
  return guarded([&] {
    if (!value) return kErrorInvalidValue;
    if (device != 0) return kErrorInvalidDevice;
    uint64_t found = 0;
    if (!read_attribute(*state().device, attribute, found)) return kErrorInvalidValue;
    *value = static_cast<int>(found);
    return kSuccess;
  });
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return guarded([&] {
    if (!context) return kErrorInvalidValue;
    if (device != 0) return kErrorInvalidDevice;
    *context = primary_context();
    return kSuccess;
  });
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return device == 0 ? kSuccess : kErrorInvalidDevice;
}

CUresult cuCtxGetCurrent(CUcontext* context) {
  if (!context) return kErrorInvalidValue;
  *context = context_stack().empty() ? nullptr : context_stack().back();
  return kSuccess;
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
  if (context != primary_context()) return kErrorInvalidContext;
  context_stack().push_back(context);
  return kSuccess;
}

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  if (context_stack().empty()) return kErrorInvalidContext;
  if (context) *context = context_stack().back();
  context_stack().pop_back();
  return kSuccess;
}

}  // namespace emulator::libcuda
