// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <vector>

#include "driver/context.h"
#include "mla/decode.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"
#include "mla/prefill.h"
#include "mla/runtime.h"

namespace mla {

// Tensors on the host that an emulated GPU works on: registered with its driver, byte by byte, so
// that a kernel which leaves them is found out.
class HostTensors {
 public:
  HostTensors(GpuRuntime& gpu, const std::vector<TensorView>& tensors);
  ~HostTensors();
  HostTensors(const HostTensors&) = delete;
  HostTensors& operator=(const HostTensors&) = delete;

  // Waits for what was launched. Throws Error(kRuntime) when that failed.
  void wait();

 private:
  void unregister() noexcept;

  GpuRuntime& gpu_;
  std::unique_lock<std::mutex> lock_;  // tensors of two calls may overlap, registrations must not
  driver::CurrentContext current_;
  std::vector<void*> registered_;
};

// Every tensor that a call reads or writes.
std::vector<TensorView> tensors_of(const DecodeArgs& args);
std::vector<TensorView> tensors_of(const KvPackArgs& args);
std::vector<TensorView> tensors_of(const MergeArgs& args);
std::vector<TensorView> tensors_of(const PrefillArgs& args);

// Calls `launch`, which submits kernels that work on the tensors of `args`. Where those lie on the
// host, an emulated GPU takes its place: it is lent the tensors, and the kernels, on the default
// stream, are waited for.
template <typename Args, typename Launch>
void launch_on(Device device, const Args& args, Runtime& runtime, Launch&& launch) {
  if (device.type == DeviceType::kCuda) return launch();
  HostTensors lent(runtime.gpu(), tensors_of(args));
  launch();
  lent.wait();
}

}  // namespace mla
