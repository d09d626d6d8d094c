// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "compile/compile_fixture.h"
#include "driver/driver_fixture.h"
#include "mla/runtime.h"

namespace mla::testing {

inline constexpr Device kCuda0 = {DeviceType::kCuda, 0};

// A fake H200, for calls that are compiled for real.
class GpuRuntimeTest : public DriverTest {
 protected:
  void SetUp() override {
    DriverTest::SetUp();
    be_capability(9, 0);
    fake().attributes[driver::kMultiprocessorCount] = 132;
    fake().attributes[driver::kMaxSmemPerBlockOptinBytes] = 232448;
    fake().attributes[driver::kL2CacheSizeBytes] = 60 << 20;
  }

  void be_capability(int major, int minor) {
    fake().attributes[driver::kComputeCapabilityMajor] = major;
    fake().attributes[driver::kComputeCapabilityMinor] = minor;
  }

  RuntimeOptions options() const {
    return {.num_cpu_threads = 1,
            .libcuda = MLA_FAKE_DRIVER,
            .nvrtc = nvrtc_,
            .kernel_folder = folder_.path(),
            .cache_folder = folder_.path() / "cache"};
  }

  std::string nvrtc_ = first_nvrtc();
  TemporaryFolder folder_;

 private:
  static std::string first_nvrtc() { return compile::nvrtc_candidates(nvrtc_at_hand()).front(); }
};

}  // namespace mla::testing
