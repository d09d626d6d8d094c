// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "cases/decode_call.h"
#include "gpu/gpu_target.h"
#include "mla/decode.h"

// The shared decode table on a GPU, as far as it has kernels; Sample is a part of Quick that has
// every feature.
namespace mla::test {
namespace {

class DecodeOnGpu : public GpuTest, public ::testing::WithParamInterface<Case> {};

INSTANTIATE_TEST_SUITE_P(Sample, DecodeOnGpu,
                         ::testing::ValuesIn(covering_cases(load_cases("decode", "quick"))),
                         [](const auto& param) { return test_name(param.param, param.index); });
INSTANTIATE_TEST_SUITE_P(Quick, DecodeOnGpu, ::testing::ValuesIn(load_cases("decode", "quick")),
                         [](const auto& param) { return test_name(param.param, param.index); });

Verdict kernel_exists(const Case& c, GpuTarget& gpu) {
  const DecodeProblem problem{.dtype = c.dtype("dtype"),
                              .q_len = c.get<std::int64_t>("q_len"),
                              .num_heads = c.get<int>("num_heads"),
                              .page_size = c.get<int>("page_size")};
  return can_implement(problem, gpu.runtime().device(gpu.device()));
}

TEST_P(DecodeOnGpu, AgreesWithDouble) {
  if (const Verdict verdict = kernel_exists(GetParam(), gpu()); !verdict) {
    GTEST_SKIP() << verdict.reason;
  }
  check_decode_case(GetParam(), gpu());
}

}  // namespace
}  // namespace mla::test
