// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
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

  // Files and folders of the GPU half. Empty: an environment variable, else the usual place.
  std::string libcuda = {};  // the driver: TOKENSPEED_MLA_LIBCUDA, else libcuda.so.1
  std::string nvrtc = {};    // the compiler: TOKENSPEED_MLA_NVRTC, else package, toolkit, loader
  std::string package_folder = {};  // of Python packages, maybe nvidia-cuda-nvrtc among them
  std::string kernel_folder = {};   // kernels compiled ahead of time: where this library lies
  std::string cache_folder =
      {};  // kernels compiled before: TOKENSPEED_MLA_CACHE_DIR, else ~/.cache
};

class GpuRuntime;

// Devices, worker threads and (on GPUs) loaded kernels. Safe to use from several threads at once.
// Calls hold no other state: two calls on two streams share nothing but this.
class Runtime {
 public:
  explicit Runtime(RuntimeOptions options = {});
  ~Runtime();
  Runtime(Runtime&&) noexcept;
  Runtime& operator=(Runtime&&) noexcept;

  // Facts of a device of this machine. With TOKENSPEED_MLA_TARGET=emulator:... the CPU's are those
  // of the emulated GPU, which then runs what is called with tensors on the CPU. Throws
  // Error(kRuntime) when there is no such device.
  const DeviceFacts& device(Device device) const;

  // The CPU first, then the GPUs that kernels exist for. Without a driver: the CPU alone.
  std::vector<Device> devices() const;
  int num_cpu_threads() const;

  // For the library's own operations. Throws Error(kRuntime) when no CUDA driver can be used.
  GpuRuntime& gpu() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mla
