// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cases/case_test.h"
#include "cases/merge_call.h"
#include "support/compare.h"
#include "support/merge_problem.h"

namespace mla::test {
namespace {

MLA_CASE_SUITE(MergeCases, "merge");

TEST_P(MergeCases, AgreeWithDouble) {
  const Case& c = GetParam();
  const MergeInputs inputs = make_merge_inputs(c);
  std::vector<Result> partials;
  for (std::size_t i = 0; i < inputs.outs.size(); ++i) {
    partials.push_back({inputs.outs[i], inputs.lses[i]});
  }
  const DType out_dtype = c.dtype("out_dtype");
  const ExpectedAttention expected = expect_merge(inputs, out_dtype, c.lse_base());
  const Result result = run_merge(partials, out_dtype, c.lse_base(), cpu_target());
  EXPECT_TRUE(agrees(result.out, expected.out)) << "out";
  EXPECT_TRUE(agrees(result.lse, expected.lse)) << "lse";
  if (c.has_check("repeat")) {
    const Result again = run_merge(partials, out_dtype, c.lse_base(), cpu_target());
    EXPECT_TRUE(same_bits(again.out, result.out));
    EXPECT_TRUE(same_bits(again.lse, result.lse));
  }
}

}  // namespace
}  // namespace mla::test
