// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "emulator/trace/bank_conflicts.h"
#include "emulator/trace/counters.h"
#include "emulator/trace/trace_log.h"
#include "tests/emulator/kernel_runner.h"

namespace emulator::trace {
namespace {

using Json = nlohmann::json;

LaneAddresses strided(uint64_t stride) {
  LaneAddresses addresses;
  for (size_t lane = 0; lane < kWarpSize; ++lane) addresses[lane] = 1024 + lane * stride;
  return addresses;
}

TEST(BankConflicts, CountPassesOverTheBanks) {
  EXPECT_EQ(count_wavefronts(strided(4), kAllLanes, 4).needed, 1u);
  EXPECT_EQ(count_wavefronts(strided(8), kAllLanes, 4).needed, 2u);
  EXPECT_EQ(count_wavefronts(strided(128), kAllLanes, 4).needed, 32u);
  EXPECT_EQ(count_wavefronts(strided(132), kAllLanes, 4).needed, 1u);
  EXPECT_EQ(count_wavefronts(strided(0), kAllLanes, 4).needed, 1u);  // one word for all
  EXPECT_EQ(count_wavefronts(strided(128), 0xf, 4).needed, 4u);
  EXPECT_EQ(count_wavefronts(strided(16), kAllLanes, 16).needed, 4u);
  EXPECT_EQ(count_wavefronts(strided(144), kAllLanes, 16).needed, 4u);
  EXPECT_EQ(count_wavefronts(strided(128), kAllLanes, 16).needed, 32u);
  EXPECT_EQ(count_wavefronts(strided(128), kAllLanes, 16).ideal, 4u);
}

TEST(BankConflicts, CountSectors) {
  EXPECT_EQ(count_sectors(strided(4), kAllLanes, 4), 4u);
  EXPECT_EQ(count_sectors(strided(32), kAllLanes, 4), 32u);
  EXPECT_EQ(count_sectors(strided(0), kAllLanes, 16), 1u);
}

// Warp 0 exponentiates, warp 1 multiplies; warp 0 waits for warp 1 at the barrier.
const char* const kBody =
    ".reg .f32 %f<3>;\n.reg .pred %p<3>;\n.reg .b32 %r<3>;\n.shared .b32 word;\n"
    "setp.lt.u32 %p1, %thread, 32;\nmov.f32 %f1, 0f3F800000;\n"
    "@%p1 bra FIRST;\nmul.f32 %f2, %f1, %f1;\nmul.f32 %f2, %f2, %f1;\n"
    "st.global.f32 [%out], %f2;\nbra JOIN;\nFIRST:\nex2.approx.f32 %f2, %f1;\nJOIN:\n"
    "bar.sync 0;\n";

class Recorded : public testing::Test {
 protected:
  Recorded() : runner_(kernel_with_two_pointers(kBody)) {
    runner_.options.counters = &counters_;
    runner_.options.trace = &trace_;
    runner_.launch("k", {3, 1, 1}, {64, 1, 1}, runner_.allocate(4), runner_.allocate(4));
  }

  CounterLog counters_{""};
  TraceLog trace_{""};
  KernelRunner runner_;
};

TEST_F(Recorded, CountersTellRolesApart) {
  const Json launch = Json::parse(counters_.to_json())["launches"][0];
  EXPECT_EQ(launch["kernel"], "k");
  EXPECT_EQ(launch["grid"], Json({3, 1, 1}));
  ASSERT_EQ(launch["roles"].size(), 2u);
  const Json& first = launch["roles"][0];
  const Json& second = launch["roles"][1];
  EXPECT_EQ(first["warps"], Json({0}));
  EXPECT_EQ(first["warp_instructions"]["mufu"], 3);  // one in each CTA
  EXPECT_FALSE(first["warp_instructions"].contains("fma"));
  EXPECT_EQ(first["global_store_bytes"], 0);
  EXPECT_EQ(second["warp_instructions"]["fma"], 6);
  EXPECT_EQ(second["global_store_bytes"], 3 * 128);
  EXPECT_EQ(second["global_sectors"], 3);
  const int waits = first["barrier_waits"].get<int>() + second["barrier_waits"].get<int>();
  EXPECT_EQ(waits, 3);  // whoever comes first, in each CTA
}

TEST_F(Recorded, TheTraceHasARunAndAWaitForTheWarpThatCameFirst) {
  const Json events = Json::parse(trace_.to_json())["traceEvents"];
  int num_runs = 0;
  int num_waits = 0;
  for (const Json& event : events) {
    if (event["ph"] != "X") continue;
    EXPECT_GT(event["dur"].get<int>(), 0);
    num_runs += event["name"] == "run";
    num_waits += event["name"] == "bar.sync";
  }
  EXPECT_GE(num_runs, 9);  // three CTAs: one warp runs twice, the other once
  EXPECT_EQ(num_waits, 3);
}

}  // namespace
}  // namespace emulator::trace
