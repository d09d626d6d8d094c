// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "cpu/ops.h"

namespace mla::cpu {
namespace {

TEST(CpuDeviceFacts, DescribeAMachineThatExists) {
  const DeviceFacts facts = device_facts(2);
  EXPECT_FALSE(facts.name.empty());
  EXPECT_EQ(facts.arch, Arch::kCpu);
  EXPECT_EQ(facts.num_sms, 2);
  EXPECT_GE(facts.smem_per_block_bytes, 0);
  EXPECT_GE(facts.l2_bytes, 0);
  // No machine that runs this is slower than the lower or faster than the upper limit.
  for (const double rate : {facts.memory_bytes_per_second, facts.fp16_flops_per_second,
                            facts.fp8_flops_per_second, facts.exp_per_second}) {
    EXPECT_GT(rate, 1e6);
    EXPECT_LT(rate, 1e15);
  }
}

}  // namespace
}  // namespace mla::cpu
