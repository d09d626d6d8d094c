// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "cases/prefill_call.h"
#include "gpu/gpu_target.h"
#include "mla/prefill.h"
#include "support/compare.h"

// The shared prefill table on a GPU, as far as it has kernels, and what a call promises besides
// numbers; Sample is a part of Quick that has every feature.
namespace mla::test {
namespace {

class PrefillOnGpu : public GpuTest, public ::testing::WithParamInterface<Case> {};

INSTANTIATE_TEST_SUITE_P(Sample, PrefillOnGpu,
                         ::testing::ValuesIn(covering_cases(load_cases("prefill", "quick"))),
                         [](const auto& param) { return test_name(param.param, param.index); });
INSTANTIATE_TEST_SUITE_P(Quick, PrefillOnGpu, ::testing::ValuesIn(load_cases("prefill", "quick")),
                         [](const auto& param) { return test_name(param.param, param.index); });

Verdict kernel_exists(const Case& c, GpuTarget& gpu) {
  return can_implement(PrefillProblem{.dtype = c.dtype("dtype")},
                       gpu.runtime().device(gpu.device()));
}

TEST_P(PrefillOnGpu, AgreesWithDouble) {
  if (const Verdict verdict = kernel_exists(GetParam(), gpu()); !verdict) {
    GTEST_SKIP() << verdict.reason;
  }
  check_prefill_case(GetParam(), gpu());
}

class PrefillCallOnGpu : public GpuTest, public ::testing::WithParamInterface<const char*> {
 protected:
  Case plain_case() const {
    Case c = load_cases("prefill", "quick").at(0);
    c.fields["dtype"] = GetParam();
    return c;
  }
};

INSTANTIATE_TEST_SUITE_P(Calls, PrefillCallOnGpu,
                         ::testing::Values("float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(PrefillCallOnGpu, DependentLaunchChangesNoBit) {
  Case c = plain_case();
  if (const Verdict verdict = kernel_exists(c, gpu()); !verdict) GTEST_SKIP() << verdict.reason;
  const PrefillInputs inputs = make_prefill_inputs(c);
  c.fields["enable_pdl"] = false;
  const Result plain = run_prefill(inputs, c, true, gpu());
  c.fields["enable_pdl"] = true;
  const Result dependent = run_prefill(inputs, c, true, gpu());
  EXPECT_TRUE(same_bits(dependent.out, plain.out));
  EXPECT_TRUE(same_bits(dependent.lse, plain.lse));
}

// Tensors may have more rows than the sums end at.
TEST_P(PrefillCallOnGpu, RowsPastTheSumsStayAsTheyAre) {
  const Case c = plain_case();
  if (const Verdict verdict = kernel_exists(c, gpu()); !verdict) GTEST_SKIP() << verdict.reason;
  PrefillInputs inputs = make_prefill_inputs(c);
  inputs.q_lens = {50, 19};
  inputs.kv_lens = {40, 30};
  const Shape shape = inputs.query.shape();
  const HostTensor poison(DType::kBFloat16, shape), lse_poison(DType::kFloat32, shape);
  const Result result = run_prefill(inputs, c, true, gpu());
  for (std::int64_t row = 0; row < shape[0]; ++row) {
    const bool is_written = row < 50 + 19;
    for (std::int64_t head = 0; head < shape[1]; ++head) {
      EXPECT_NE(result.lse.bits({row, head}) == lse_poison.bits({0, 0, 0}), is_written) << row;
      for (std::int64_t column = 0; column < result.out.shape()[2]; ++column) {
        ASSERT_NE(result.out.bits({row, head, column}) == poison.bits({0, 0, 0}), is_written)
            << "row " << row << ", column " << column;
      }
    }
  }
}

}  // namespace
}  // namespace mla::test
