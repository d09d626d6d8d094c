// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "driver/context.h"

namespace mla::driver {
namespace {

std::string device_text(int ordinal) {
  return "cuda:" + std::to_string(ordinal);
}

CUdevice device_handle(const Driver& driver, int ordinal) {
  CUdevice device = 0;
  driver.check(driver->cuDeviceGet(&device, ordinal), "finding " + device_text(ordinal));
  return device;
}

}  // namespace

DeviceProperties device_properties(const Driver& driver, int ordinal) {
  const CUdevice device = device_handle(driver, ordinal);
  const auto attribute = [&](CUdevice_attribute which) {
    int value = 0;
    driver.check(driver->cuDeviceGetAttribute(&value, which, device),
                 "asking " + device_text(ordinal) + " for attribute " + std::to_string(which));
    return value;
  };
  char name[256] = {};
  driver.check(driver->cuDeviceGetName(name, sizeof(name) - 1, device),
               "asking " + device_text(ordinal) + " for its name");
  return {.name = name,
          .major = attribute(kComputeCapabilityMajor),
          .minor = attribute(kComputeCapabilityMinor),
          .num_sms = attribute(kMultiprocessorCount),
          .smem_per_block_bytes = attribute(kMaxSmemPerBlockOptinBytes),
          .l2_bytes = attribute(kL2CacheSizeBytes)};
}

PrimaryContext::PrimaryContext(const Driver& driver, int ordinal)
    : driver_(driver), ordinal_(ordinal), device_(device_handle(driver, ordinal)) {
  driver_.check(driver_->cuDevicePrimaryCtxRetain(&handle_, device_),
                "opening the context of " + device_text(ordinal));
}

// At the end of a process the driver may be gone already: the result tells nothing then.
PrimaryContext::~PrimaryContext() {
  driver_->cuDevicePrimaryCtxRelease_v2(device_);
}

CurrentContext::CurrentContext(const PrimaryContext& context) : driver_(context.driver()) {
  CUcontext current = nullptr;
  driver_.check(driver_->cuCtxGetCurrent(&current), "asking for the current context");
  if (current == context.handle()) return;
  driver_.check(driver_->cuCtxPushCurrent_v2(context.handle()),
                "entering the context of " + device_text(context.ordinal()));
  is_pushed_ = true;
}

CurrentContext::~CurrentContext() {
  CUcontext popped = nullptr;
  if (is_pushed_) driver_->cuCtxPopCurrent_v2(&popped);
}

RelaxedCapture::RelaxedCapture(const Driver& driver) : driver_(driver) {
  driver_.check(driver_->cuThreadExchangeStreamCaptureMode(&mode_), "relaxing stream capture");
}

RelaxedCapture::~RelaxedCapture() {
  driver_->cuThreadExchangeStreamCaptureMode(&mode_);
}

}  // namespace mla::driver
