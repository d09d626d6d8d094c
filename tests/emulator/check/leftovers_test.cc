// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/emulator/kernel_runner.h"

// Planted bugs of synchronisation that never completes: what a kernel leaves behind, and what a
// deadlock report says.
namespace emulator {
namespace {

struct Leftover {
  const char* name;
  const char* faulty;
  const char* repaired;
  FaultKind kind;
  const char* message;  // a part of it
};

const char* const kStart =
    ".reg .b64 %rd<5>;\n.reg .pred %p<5>;\n.shared .align 8 .b64 full;\n"
    "setp.eq.u32 %p1, %thread, 0;\nsetp.lt.u32 %p2, %thread, 32;\n"
    "@%p1 mbarrier.init.shared.b64 [full], 2;\nbar.sync 0;\n";

const Leftover kLeftovers[] = {
    {"arrival_that_nobody_waits_for", "@%p2 bar.arrive 1, 64;",
     "@%p2 bar.arrive 1, 64;\n@!%p2 bar.sync 1, 64;", FaultKind::kBarrierMisuse,
     "32 of 64 threads arrived at barrier 1"},
    {"one_arrival_too_few", "@%p1 mbarrier.arrive.shared.b64 %rd1, [full];",
     "@%p1 mbarrier.arrive.shared.b64 %rd1, [full], 2;", FaultKind::kMbarrierMisuse,
     "mbarrier full: phase 0, 1 of 2 arrivals pending"},
    {"bytes_that_never_come",
     "@%p1 mbarrier.expect_tx.relaxed.cta.shared.b64 [full], 64;\n"
     "@%p1 mbarrier.arrive.shared.b64 %rd1, [full], 2;",
     "@%p1 mbarrier.expect_tx.relaxed.cta.shared.b64 [full], 64;\n"
     "@%p1 mbarrier.complete_tx.relaxed.cta.shared.b64 [full], 64;\n"
     "@%p1 mbarrier.arrive.shared.b64 %rd1, [full], 2;",
     FaultKind::kMbarrierMisuse, "64 bytes pending"},
    {"bytes_that_nobody_expects", "@%p1 mbarrier.complete_tx.relaxed.cta.shared.b64 [full], 16;",
     "", FaultKind::kMbarrierMisuse, "-16 bytes pending"},
};

void PrintTo(const Leftover& leftover, std::ostream* out) {
  *out << leftover.name;
}

class Leftovers : public testing::TestWithParam<std::tuple<Leftover, const char*>> {
 protected:
  void launch(const std::string& body) {
    KernelRunner runner(kernel_with_two_pointers(kStart + body));
    ASSERT_TRUE(parse_schedule(std::get<1>(GetParam()), runner.options.schedule));
    runner.launch("k", {1, 1, 1}, {64, 1, 1}, runner.allocate(4), runner.allocate(4));
  }
};

TEST_P(Leftovers, AreReportedWhenTheKernelEnds) {
  const Leftover& leftover = std::get<0>(GetParam());
  try {
    launch(leftover.faulty);
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), leftover.kind) << fault.what();
    EXPECT_THAT(fault.message(), testing::HasSubstr(leftover.message));
  }
}

TEST_P(Leftovers, RepairedTwinPasses) {
  launch(std::get<0>(GetParam()).repaired);
}

INSTANTIATE_TEST_SUITE_P(Schedules, Leftovers,
                         testing::Combine(testing::ValuesIn(kLeftovers),
                                          testing::Values("eager", "lazy", "random:1")),
                         [](const auto& instance) {
                           return std::string(std::get<0>(instance.param).name) + "_" +
                                  std::string(std::get<1>(instance.param)).substr(0, 4);
                         });

TEST(HardwareRules, ArrivalsThatNobodyWaitsForMayBeLeft) {
  KernelRunner runner(kernel_with_two_pointers(
      std::string(kStart) +
      "@%p2 bar.arrive 1, 64;\n@%p1 mbarrier.arrive.shared.b64 %rd1, [full];"));
  runner.options.follows_manual = false;
  EXPECT_NO_THROW(
      runner.launch("k", {1, 1, 1}, {64, 1, 1}, runner.allocate(4), runner.allocate(4)));
}

std::string deadlock_report(const std::string& body) {
  KernelRunner runner(kernel_with_two_pointers(kStart + body));
  try {
    runner.launch("k", {1, 1, 1}, {64, 1, 1}, runner.allocate(4), runner.allocate(4));
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::kDeadlock);
    return fault.message();
  }
  return "nothing was reported";
}

TEST(DeadlockReport, NamesTheMbarrierAndWhoCouldStillArrive) {
  const std::string report = deadlock_report(
      "@!%p2 bra PRODUCER;\nCONSUMER:\n"
      "mbarrier.try_wait.parity.shared.b64 %p3, [full], 0;\n@!%p3 bra CONSUMER;\nbra DONE;\n"
      "PRODUCER:\nbar.sync 3, 64;\nmbarrier.arrive.shared.b64 %rd1, [full];\nDONE:");
  EXPECT_THAT(report, testing::HasSubstr("waits for mbarrier full to complete the phase of parity "
                                         "0 (phase 0, 2 of 2 arrivals pending"));
  EXPECT_THAT(report, testing::HasSubstr("could still arrive: CTA rank 0 warp 1 at PTX line"));
}

TEST(DeadlockReport, SaysWhenNobodyIsLeft) {
  const std::string report = deadlock_report(
      "@!%p2 bra DONE;\nCONSUMER:\n"
      "mbarrier.try_wait.parity.shared.b64 %p3, [full], 0;\n@!%p3 bra CONSUMER;\nDONE:");
  EXPECT_THAT(report, testing::HasSubstr("nobody is left who could arrive"));
}

}  // namespace
}  // namespace emulator
