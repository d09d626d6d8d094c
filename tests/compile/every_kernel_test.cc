// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <optional>

#include "aot/listed_kernels.h"
#include "compile/nvrtc.h"
#include "compile/nvrtc_search.h"
#include "mla/error.h"

// Every configuration of device/aot.def compiles, for every architecture that it is listed for.
namespace mla::compile {
namespace {

class EveryKernel : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    try {
      nvrtc.emplace(nvrtc_candidates(nvrtc_search_from_environment()));
    } catch (const Error& missing) {
      GTEST_SKIP() << missing.what();
    }
  }

  std::optional<Nvrtc> nvrtc;
};

TEST_P(EveryKernel, CompilesToPtx) {
  const Target target{.arch = GetParam(), .form = ImageForm::kPtx};
  const std::vector<KernelSource> sources = listed_kernels(target);
  ASSERT_FALSE(sources.empty());
  for (const KernelSource& source : sources) {
    try {
      EXPECT_FALSE(nvrtc->compile(source, target).code.empty()) << source.expression;
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

// Where registers or branches stand in the way, the assembler lets matrix products of a warpgroup
// follow one another with waits between them, and says so: right, and several times as slow.
TEST_P(EveryKernel, LeavesProductsInFlight) {
  const Target target{.arch = GetParam(), .form = ImageForm::kCubin};
  if (target.arch != "90a") GTEST_SKIP() << "no products of warpgroups";
  for (const KernelSource& source : listed_kernels(target)) {
    if (source.file.find("sm90") == std::string::npos) continue;
    std::string remarks;
    nvrtc->compile(source, target, &remarks);
    EXPECT_EQ(remarks.find("serialized"), std::string::npos) << source.expression << remarks;
  }
}

INSTANTIATE_TEST_SUITE_P(, EveryKernel, ::testing::Values("90a", "100f", "103f"),
                         [](const auto& arch) { return std::string("sm_") + arch.param; });

}  // namespace
}  // namespace mla::compile
