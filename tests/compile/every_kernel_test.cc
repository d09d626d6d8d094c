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

class EveryKernel : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryKernel, CompilesToPtx) {
  std::optional<Nvrtc> nvrtc;
  try {
    nvrtc.emplace(nvrtc_candidates(nvrtc_search_from_environment()));
  } catch (const Error& missing) {
    GTEST_SKIP() << missing.what();
  }
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

INSTANTIATE_TEST_SUITE_P(, EveryKernel, ::testing::Values("90a", "100f", "103f"),
                         [](const auto& arch) { return std::string("sm_") + arch.param; });

}  // namespace
}  // namespace mla::compile
