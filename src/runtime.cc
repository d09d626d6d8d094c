// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/runtime.h"

#include <omp.h>

#include <mutex>

#include "check.h"
#include "cpu/ops.h"

namespace mla {
namespace {

int resolve_num_threads(const RuntimeOptions& options) {
  MLA_CHECK(options.num_cpu_threads >= 0, ErrorKind::kValue, "runtime",
            "num_cpu_threads must not be negative", options.num_cpu_threads);
  return options.num_cpu_threads > 0 ? options.num_cpu_threads : omp_get_max_threads();
}

}  // namespace

struct Runtime::State {
  int num_cpu_threads = 1;
  std::once_flag cpu_measured;
  DeviceFacts cpu;
};

Runtime::Runtime(RuntimeOptions options) : state_(std::make_unique<State>()) {
  state_->num_cpu_threads = resolve_num_threads(options);
}

Runtime::~Runtime() = default;
Runtime::Runtime(Runtime&&) noexcept = default;
Runtime& Runtime::operator=(Runtime&&) noexcept = default;

const DeviceFacts& Runtime::device(Device device) const {
  MLA_CHECK(device.type == DeviceType::kCpu, ErrorKind::kRuntime, "runtime",
            "the device must be the CPU, because no CUDA driver is in use", device);
  // Measuring takes a moment, so it waits for the first call that plans.
  std::call_once(state_->cpu_measured,
                 [this] { state_->cpu = cpu::device_facts(state_->num_cpu_threads); });
  return state_->cpu;
}

std::vector<Device> Runtime::devices() const {
  return {Device{}};
}

int Runtime::num_cpu_threads() const {
  return state_->num_cpu_threads;
}

}  // namespace mla
