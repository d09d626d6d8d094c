// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/emulator/insn/tcgen05_gemm.h"
#include "tests/emulator/kernel_runner.h"

namespace emulator {
namespace {

// clang-format off
const GemmCase kCases[] = {
    // Types and kinds.
    {.type = "f16"},
    {.type = "bf16"},
    {.type = "f16", .d_type = "f16"},
    {.kind = "tf32", .type = "tf32"},
    {.kind = "f8f6f4", .type = "e4m3"},
    {.kind = "f8f6f4", .type = "e5m2", .d_type = "f16"},
    {.kind = "f8f6f4", .type = "e2m3"},
    {.kind = "f8f6f4", .type = "e3m2"},
    {.kind = "f8f6f4", .type = "e2m1"},
    {.kind = "i8", .type = "s8", .d_type = "s32"},
    // Shapes and data paths.
    {.n = 8},
    {.n = 256},
    {.m = 64, .n = 64},
    {.m = 64, .n = 24, .d_lane = 16},
    {.m = 256, .n = 256, .cta_group = 2},
    {.m = 256, .n = 16, .cta_group = 2},
    {.m = 128, .n = 128, .cta_group = 2},
    {.kind = "f8f6f4", .type = "e4m3", .m = 128, .n = 128, .cta_group = 2},
    {.m = 128, .n = 64, .is_weight_stationary = true},
    {.m = 64, .n = 128, .is_weight_stationary = true},
    {.m = 32, .n = 256, .is_weight_stationary = true},
    // Layouts in shared memory.
    {.a_span = 64, .b_span = 32},
    {.a_span = 32, .b_span = 64},
    {.a_span = 0, .b_span = 0},
    {.kind = "f8f6f4", .type = "e4m3", .a_span = 0, .b_span = 64},
    {.is_a_mn_major = true},
    {.is_b_mn_major = true},
    {.a_span = 64, .b_span = 32, .is_a_mn_major = true, .is_b_mn_major = true},
    {.a_span = 0, .b_span = 0, .is_a_mn_major = true, .is_b_mn_major = true},
    {.kind = "f8f6f4", .type = "e4m3", .n = 128, .is_b_mn_major = true},
    {.kind = "f8f6f4", .type = "e5m2", .n = 128, .b_span = 64, .is_a_mn_major = true,
     .is_b_mn_major = true},
    {.kind = "tf32", .type = "tf32", .is_a_mn_major = true, .is_b_mn_major = true},
    {.kind = "f8f6f4", .type = "e4m3", .m = 256, .n = 256, .cta_group = 2, .is_b_mn_major = true},
    // A in tensor memory.
    {.is_a_in_tensor_memory = true},
    {.kind = "f8f6f4", .type = "e4m3", .is_a_in_tensor_memory = true},
    {.kind = "tf32", .type = "tf32", .is_a_in_tensor_memory = true},
    {.m = 64, .is_a_in_tensor_memory = true},
    {.m = 64, .is_a_in_tensor_memory = true, .d_lane = 16},
    {.m = 128, .n = 64, .cta_group = 2, .is_a_in_tensor_memory = true},
    {.m = 256, .n = 64, .cta_group = 2, .is_a_in_tensor_memory = true},
    {.m = 64, .n = 64, .is_weight_stationary = true, .is_a_in_tensor_memory = true},
    {.m = 32, .n = 64, .is_weight_stationary = true, .is_a_in_tensor_memory = true},
    // What else an instruction can ask for.
    {.negates_a = true},
    {.d_scale_bits = 3},
    {.disabled_lanes = 0xff00ff0f},
    {.m = 256, .n = 32, .cta_group = 2, .disabled_lanes = 0x0000ffff},
};
// clang-format on

class Tcgen05Mma : public testing::TestWithParam<GemmCase> {};

void expect_product(const GemmCase& c, const ScheduleChoice& schedule) {
  const Gemm gemm(c);
  KernelRunner runner(gemm.kernel());
  runner.target = "sm_100";
  runner.options.schedule = schedule;
  runner.cluster = {gemm.num_ctas(), 1, 1};
  runner.dynamic_shared_bytes = gemm.shared_bytes();
  const uint32_t words = gemm.num_ctas() * 128 * gemm.d_columns();
  const uint64_t in = runner.upload(gemm.images());
  const uint64_t out = runner.allocate(uint64_t{words} * 4);
  runner.launch("k", {gemm.num_ctas(), 1, 1}, {128, 1, 1}, out, in);
  const auto result = runner.download<uint32_t>(out, words);
  int num_wrong = 0;
  for (uint32_t i = 0; i < words && num_wrong < 5; ++i) {
    const uint32_t column = i % gemm.d_columns();
    const uint32_t lane = i / gemm.d_columns() % 128;
    const uint32_t cta = i / gemm.d_columns() / 128;
    const uint32_t expected = gemm.expected(cta, lane, column);
    EXPECT_EQ(result[i], expected)
        << c.name() << ": CTA " << cta << " lane " << lane << " column " << column;
    num_wrong += result[i] != expected;
  }
}

TEST_P(Tcgen05Mma, EagerlyMatchesTheReference) {
  expect_product(GetParam(), {ScheduleKind::kEager, 0});
}
TEST_P(Tcgen05Mma, LazilyMatchesTheReference) {
  expect_product(GetParam(), {ScheduleKind::kLazy, 0});
}
TEST_P(Tcgen05Mma, RandomlyMatchesTheReference) {
  for (const uint64_t seed : {1u, 2u}) expect_product(GetParam(), {ScheduleKind::kRandom, seed});
}

INSTANTIATE_TEST_SUITE_P(All, Tcgen05Mma, testing::ValuesIn(kCases),
                         [](const auto& c) { return c.param.name(); });

}  // namespace
}  // namespace emulator
