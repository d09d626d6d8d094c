// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "gpu/gpu_memory.h"
#include "support/target.h"

// The first GPU of this machine, as a place where cases run.
namespace mla::test {

class GpuTarget : public Target {
 public:
  GpuTarget();

  Device device() const override { return device_; }
  Runtime& runtime() override { return runtime_; }
  // Prefill multiplies values in e5m2 by probabilities in e4m3.
  DType probability_dtype(DType input) const override {
    return input == DType::kFloat8E5M2 ? DType::kFloat8E4M3 : input;
  }
  // Hopper keeps 13 fraction bits of a sum of FP8 products.
  double sum_cutoff(DType input) const override { return size_bytes(input) == 1 ? 0x1p-13 : 0; }
  // Probabilities, relative to another maximum than the reference's, and partials in float16.
  double inner_rounding(DType input) const override {
    if (size_bytes(input) != 2) return 0;
    return (input == DType::kBFloat16 ? 0x1p-9 : 0x1p-12) + 0x1p-12;
  }
  double probability_rounding(DType input) const override {
    return size_bytes(input) == 1 ? 0x1p-4 : 0;
  }
  TensorView upload(const HostTensor& tensor) override;
  void download(HostTensor& tensor) override;

  // Uploads into the place that an earlier upload of this tensor got.
  void upload_again(const HostTensor& tensor);
  void forget_uploads();

  const driver::PrimaryContext& context() const { return *context_; }

 private:
  Runtime runtime_;
  Device device_;
  std::optional<driver::PrimaryContext> context_;
  std::map<void*, std::unique_ptr<gpu::Buffer>> buffers_;  // by the tensor's host address
  std::set<void*> lent_;                                   // tensors that are used in place
};

// Null where there is no GPU that kernels exist for; gpu_missing() then says why.
GpuTarget* gpu_target();
std::string gpu_missing();

// Tests that need a GPU, and are skipped with the reason where there is none.
class GpuTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (gpu_target() == nullptr) GTEST_SKIP() << gpu_missing();
  }
  void TearDown() override {
    if (gpu_target() != nullptr) gpu_target()->forget_uploads();
  }

  GpuTarget& gpu() { return *gpu_target(); }
};

}  // namespace mla::test
