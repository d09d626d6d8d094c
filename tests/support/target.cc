// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/target.h"

namespace mla::test {
namespace {

class CpuTarget : public Target {
 public:
  Device device() const override { return {}; }
  Runtime& runtime() override { return runtime_; }
  DType probability_dtype(DType) const override { return DType::kFloat32; }
  TensorView upload(const HostTensor& tensor) override { return tensor.view(); }
  void download(HostTensor&) override {}

 private:
  Runtime runtime_;
};

}  // namespace

Target& cpu_target() {
  static CpuTarget target;
  return target;
}

}  // namespace mla::test
