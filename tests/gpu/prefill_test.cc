// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "cases/prefill_call.h"
#include "gpu/gpu_target.h"
#include "mla/prefill.h"

// The shared prefill table on a GPU, as far as it has kernels; Sample is a part of Quick that has
// every feature.
namespace mla::test {
namespace {

class PrefillOnGpu : public GpuTest, public ::testing::WithParamInterface<Case> {};

INSTANTIATE_TEST_SUITE_P(Sample, PrefillOnGpu,
                         ::testing::ValuesIn(covering_cases(load_cases("prefill", "quick"))),
                         [](const auto& param) { return test_name(param.param, param.index); });
INSTANTIATE_TEST_SUITE_P(Quick, PrefillOnGpu, ::testing::ValuesIn(load_cases("prefill", "quick")),
                         [](const auto& param) { return test_name(param.param, param.index); });

TEST_P(PrefillOnGpu, AgreesWithDouble) {
  const PrefillProblem problem{.dtype = GetParam().dtype("dtype")};
  const Verdict verdict = can_implement(problem, gpu().runtime().device(gpu().device()));
  if (!verdict) GTEST_SKIP() << verdict.reason;
  check_prefill_case(GetParam(), gpu());
}

}  // namespace
}  // namespace mla::test
