// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "gpu/gpu_target.h"

#include "compile/nvrtc.h"
#include "compile/nvrtc_search.h"
#include "mla/error.h"
#include "ops/gpu_runtime.h"
#include "ops/memory.h"

namespace mla::test {
namespace {

struct Opened {
  std::unique_ptr<GpuTarget> target;
  std::string missing;
};

Opened& opened() {
  static Opened state = [] {
    Opened result;
    try {
      result.target = std::make_unique<GpuTarget>();
    } catch (const Error& error) {
      result.missing = error.what();
    }
    return result;
  }();
  return state;
}

// An emulated GPU uses larger tensors where they lie: most of their pages are none.
constexpr std::size_t kLargestEmulatedCopy = std::size_t{1} << 32;

}  // namespace

GpuTarget::GpuTarget() {
  // Nothing is compiled ahead of time for an emulated GPU.
  if (is_emulator_wanted()) {
    compile::Nvrtc(compile::nvrtc_candidates(compile::nvrtc_search_from_environment()));
  }
  const std::vector<int> ordinals = runtime_.gpu().ordinals();
  if (ordinals.empty()) throw Error(ErrorKind::kRuntime, "tests", "no GPU that kernels exist for");
  device_ = {DeviceType::kCuda, ordinals.front()};
  context_.emplace(runtime_.gpu().driver(), device_.index);
}

TensorView GpuTarget::upload(const HostTensor& tensor) {
  TensorView view = tensor.view();
  const auto bytes = static_cast<std::size_t>(span_bytes(view).value());
  view.device = device_;
  if (is_emulator_wanted() && bytes > kLargestEmulatedCopy) {
    const driver::Driver& driver = context_->driver();
    driver.check(driver->cuMemHostRegister_v2(view.data, bytes, 0), "lending a tensor");
    lent_.insert(view.data);
    return view;
  }
  auto& buffer = buffers_[view.data];
  buffer = std::make_unique<gpu::Buffer>(*context_, bytes);
  buffer->write(view.data, bytes);
  view.data = buffer->data();
  return view;
}

void GpuTarget::forget_uploads() {
  buffers_.clear();
  for (void* tensor : lent_) context_->driver()->cuMemHostUnregister(tensor);
  lent_.clear();
}

void GpuTarget::upload_again(const HostTensor& tensor) {
  gpu::Buffer& buffer = *buffers_.at(tensor.view().data);
  buffer.write(tensor.view().data, buffer.bytes());
}

void GpuTarget::download(HostTensor& tensor) {
  const gpu::Buffer& buffer = *buffers_.at(tensor.view().data);
  buffer.read(tensor.view().data, buffer.bytes());
}

GpuTarget* gpu_target() {
  return opened().target.get();
}

std::string gpu_missing() {
  return opened().missing;
}

}  // namespace mla::test
