// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/emulator/insn/tensor_kernel.h"

// Missing tcgen05 fences: reported when pedantry is asked for, and only then.
namespace emulator {
namespace {

// Warp 0 and warp 4 own the same lanes: one stores, the other loads behind an mbarrier.
std::string handover(const std::string& before, const std::string& after) {
  return "mov.u32 %r14, barriers;\n@%is_leader mbarrier.init.shared::cta.b64 [%r14], 32;\n"
         "bar.sync 0;\nsetp.eq.u32 %p1, %warp, 4;\n@%p1 bra load;\n@!%is_warp0 bra over;\n"
         "tcgen05.st.sync.aligned.32x32b.x1.b32 [%lanes], {%thread};\n"
         "tcgen05.wait::st.sync.aligned;\n" +
         before +
         "mbarrier.arrive.shared::cta.b64 _, [%r14];\nbra over;\n"
         "load:\nmbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14], 0;\n@!%p4 bra load;\n" +
         after +
         "tcgen05.ld.sync.aligned.32x32b.x1.b32 {%v0}, [%lanes];\ntcgen05.wait::ld.sync.aligned;\n"
         "over:\n";
}

void launch(const std::string& body, check::RaceLevel level, ScheduleKind schedule) {
  KernelRunner runner(tensor_kernel(32, body));
  runner.target = "sm_100";
  runner.options.races = level;
  runner.options.schedule = {schedule, 1};
  runner.launch("k", {1, 1, 1}, {256, 1, 1}, runner.allocate(4), runner.allocate(4));
}

const std::string kBefore = "tcgen05.fence::before_thread_sync;\n";
const std::string kAfter = "tcgen05.fence::after_thread_sync;\n";

void expect_report(const std::string& body, const char* message) {
  try {
    launch(body, check::RaceLevel::kPedantic, ScheduleKind::kEager);
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_THAT(fault.message(), testing::HasSubstr(message));
    EXPECT_THAT(fault.place().ptx_text, testing::HasSubstr("tcgen05.ld"));
    EXPECT_EQ(fault.place().warp, 4u);
  }
}

TEST(TensorFences, AMissingFenceBehindTheWaitIsReported) {
  expect_report(handover(kBefore, ""), "no tcgen05.fence::after_thread_sync");
}

TEST(TensorFences, AMissingFenceAheadOfTheArrivalIsReported) {
  expect_report(handover("", kAfter), "no tcgen05.fence::before_thread_sync");
}

TEST(TensorFences, TheCleanTwinPasses) {
  for (const auto schedule : {ScheduleKind::kEager, ScheduleKind::kLazy, ScheduleKind::kRandom}) {
    EXPECT_NO_THROW(launch(handover(kBefore, kAfter), check::RaceLevel::kPedantic, schedule));
  }
}

TEST(TensorFences, LowerLevelsLeaveThemAlone) {
  for (const auto schedule : {ScheduleKind::kEager, ScheduleKind::kLazy, ScheduleKind::kRandom}) {
    EXPECT_NO_THROW(launch(handover("", ""), check::RaceLevel::kProxy, schedule));
  }
}

}  // namespace
}  // namespace emulator
