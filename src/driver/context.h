// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "driver/driver.h"

namespace mla::driver {

// What the driver says of a device.
struct DeviceProperties {
  std::string name;  // "NVIDIA H200"
  int major = 0;     // compute capability
  int minor = 0;
  int num_sms = 0;
  std::int64_t smem_per_block_bytes = 0;  // the opt-in limit
  std::int64_t l2_bytes = 0;
};

DeviceProperties device_properties(const Driver& driver, int ordinal);

// The context that a device shares with everybody else in the process (PyTorch's among them), held
// for as long as this object lives.
class PrimaryContext {
 public:
  PrimaryContext(const Driver& driver, int ordinal);
  ~PrimaryContext();
  PrimaryContext(const PrimaryContext&) = delete;
  PrimaryContext& operator=(const PrimaryContext&) = delete;

  const Driver& driver() const { return driver_; }
  CUcontext handle() const { return handle_; }
  CUdevice device() const { return device_; }
  int ordinal() const { return ordinal_; }

 private:
  const Driver& driver_;
  int ordinal_;
  CUdevice device_ = 0;
  CUcontext handle_ = nullptr;
};

// Makes a context the calling thread's current one for a scope. Costs one query when it is already.
class CurrentContext {
 public:
  explicit CurrentContext(const PrimaryContext& context);
  ~CurrentContext();
  CurrentContext(const CurrentContext&) = delete;
  CurrentContext& operator=(const CurrentContext&) = delete;

 private:
  const Driver& driver_;
  bool is_pushed_ = false;
};

// Lets this thread do for a scope what a stream capture elsewhere in the process would forbid, such
// as loading a kernel: nothing of it lands in the graph that is being captured.
class RelaxedCapture {
 public:
  explicit RelaxedCapture(const Driver& driver);
  ~RelaxedCapture();
  RelaxedCapture(const RelaxedCapture&) = delete;
  RelaxedCapture& operator=(const RelaxedCapture&) = delete;

 private:
  const Driver& driver_;
  CUstreamCaptureMode mode_ = kCaptureModeRelaxed;
};

}  // namespace mla::driver
