// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "mla/device.h"
#include "mla/tensor.h"

namespace mla {

// A CUDA stream (CUstream / cudaStream_t) of the tensors' device; ignored on the CPU.
struct Stream {
  void* handle = nullptr;
};

struct RuntimeOptions {
  int num_cpu_threads = 0;  // 0: what OMP_NUM_THREADS says, else one per processor
};

// Devices, worker threads and (on GPUs) loaded kernels. Safe to use from several threads at once.
// Calls hold no other state: two calls on two streams share nothing but this.
class Runtime {
 public:
  explicit Runtime(RuntimeOptions options = {});
  ~Runtime();
  Runtime(Runtime&&) noexcept;
  Runtime& operator=(Runtime&&) noexcept;

  // Facts of a device of this machine. Throws Error(kRuntime) when there is no such device.
  const DeviceFacts& device(Device device) const;

  std::vector<Device> devices() const;  // the CPU first
  int num_cpu_threads() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mla
