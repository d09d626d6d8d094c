// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/runtime.h"

#include <omp.h>

#include <mutex>
#include <utility>

#include "check.h"
#include "cpu/ops.h"
#include "ops/gpu_runtime.h"

namespace mla {
namespace {

int resolve_num_threads(const RuntimeOptions& options) {
  MLA_CHECK(options.num_cpu_threads >= 0, ErrorKind::kValue, "runtime",
            "num_cpu_threads must not be negative", options.num_cpu_threads);
  return options.num_cpu_threads > 0 ? options.num_cpu_threads : omp_get_max_threads();
}

GpuRuntime& gpu_for(const Runtime& runtime, Device device) {
  try {
    return runtime.gpu();
  } catch (const Error& error) {
    // The CPU is asked for here only where an emulated GPU takes its place.
    const std::string what = device.type == DeviceType::kCuda
                                 ? to_string(device)
                                 : "the emulated GPU (TOKENSPEED_MLA_LIBCUDA names its driver)";
    throw Error(error.kind(), "runtime", what + " cannot be used: " + error.what());
  }
}

}  // namespace

struct Runtime::State {
  int num_cpu_threads = 1;
  RuntimeOptions options;
  bool is_emulated = is_emulator_wanted();
  std::once_flag cpu_measured;
  DeviceFacts cpu;
  std::once_flag gpu_opened;
  std::unique_ptr<GpuRuntime> gpu;
};

Runtime::Runtime(RuntimeOptions options) : state_(std::make_unique<State>()) {
  state_->num_cpu_threads = resolve_num_threads(options);
  state_->options = std::move(options);
}

Runtime::~Runtime() = default;
Runtime::Runtime(Runtime&&) noexcept = default;
Runtime& Runtime::operator=(Runtime&&) noexcept = default;

const DeviceFacts& Runtime::device(Device device) const {
  if (device.type == DeviceType::kCuda || state_->is_emulated)
    return gpu_for(*this, device).facts(device.index);
  // Measuring takes a moment, so it waits for the first call that plans.
  std::call_once(state_->cpu_measured,
                 [this] { state_->cpu = cpu::device_facts(state_->num_cpu_threads); });
  return state_->cpu;
}

std::vector<Device> Runtime::devices() const {
  std::vector<Device> found = {Device{}};
  try {
    for (const int ordinal : gpu().ordinals()) found.push_back({DeviceType::kCuda, ordinal});
  } catch (const Error&) {
    // Without a driver there are no GPUs; a call for one says what is wrong with it.
  }
  return found;
}

GpuRuntime& Runtime::gpu() const {
  std::call_once(state_->gpu_opened,
                 [this] { state_->gpu = std::make_unique<GpuRuntime>(state_->options); });
  return *state_->gpu;
}

int Runtime::num_cpu_threads() const {
  return state_->num_cpu_threads;
}

}  // namespace mla
