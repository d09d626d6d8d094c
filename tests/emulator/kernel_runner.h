// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "emulator/core/decoder.h"
#include "emulator/core/runner.h"
#include "emulator/ptx/parser.h"

namespace emulator {

// The text of a module with one kernel k(out, in); the body may use %out and %in, 64-bit addresses.
std::string kernel_with_two_pointers(const std::string& body, const std::string& before = {});

// Loads PTX, keeps the memory that kernels use, and launches.
class KernelRunner {
 public:
  explicit KernelRunner(const std::string& ptx_text);

  // Device memory holding a copy of the values.
  template <typename T>
  uint64_t upload(std::span<const T> values) {
    const uint64_t address = memory_.allocate(values.size_bytes());
    std::memcpy(reinterpret_cast<void*>(address), values.data(), values.size_bytes());
    return address;
  }
  template <typename T>
  uint64_t upload(const std::vector<T>& values) {
    return upload(std::span<const T>(values));
  }
  template <typename T>
  std::vector<T> download(uint64_t address, size_t count) const {
    std::vector<T> values(count);
    std::memcpy(values.data(), reinterpret_cast<const void*>(address), count * sizeof(T));
    return values;
  }
  uint64_t allocate(uint64_t bytes) { return memory_.allocate(bytes); }

  // Values of the parameters in order; each must have the size that the kernel declares.
  template <typename... T>
  LaunchCounts launch(const std::string& kernel, Extent grid, Extent block, T... parameters) {
    return run_launch(make_launch(kernel, grid, block, parameters...), device(), memory_, options);
  }

  // A launch for tests that run several; the runner keeps its program.
  template <typename... T>
  Launch make_launch(const std::string& kernel, Extent grid, Extent block, T... parameters) {
    prepare(kernel, grid, block);
    size_t index = 0;
    (set_parameter(index++, &parameters, sizeof(T)), ...);
    return launch_;
  }
  const DeviceModel& device() const { return *find_device_model(target); }
  const GlobalMemory& memory() const { return memory_; }

  RunOptions options;
  std::string target = "sm_90";
  Extent cluster{1, 1, 1};
  uint32_t dynamic_shared_bytes = 0;

 private:
  void prepare(const std::string& kernel, Extent grid, Extent block);
  void set_parameter(size_t index, const void* value, size_t size);

  GlobalMemory memory_{uint64_t{1} << 32};
  std::unique_ptr<ptx::Module> module_;
  std::vector<std::unique_ptr<Program>> programs_;
  Launch launch_;
};

}  // namespace emulator
