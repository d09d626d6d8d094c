// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "emulator/units/register_pool.h"
#include "tests/emulator/kernel_runner.h"

namespace emulator {
namespace {

constexpr uint32_t kRegisters = 40;  // per thread, at the launch

// Two warpgroups: `first` for the lower threads, `second` for the others.
std::string two_roles(const std::string& first, const std::string& second) {
  return ".version 8.0\n.target sm_90a\n.address_size 64\n.visible .entry k()\n.maxnreg " +
         std::to_string(kRegisters) +
         "\n{\n.reg .b32 %thread;\n.reg .pred %upper, %lane;\nmov.u32 %thread, %tid.x;\n"
         "setp.ge.u32 %upper, %thread, 128;\nsetp.ge.u32 %lane, %thread, 96;\n"
         "@%upper bra other;\n" +
         first + "ret;\nother:\n" + second + "ret;\n}\n";
}

void run(const std::string& module, const ScheduleChoice& schedule) {
  KernelRunner runner(module);
  runner.options.schedule = schedule;
  runner.launch("k", {1, 1, 1}, {256, 1, 1});
}

struct PlantedBug {
  const char* name;
  const char* first;
  const char* second;
  FaultKind kind;
  const char* blamed;
  const char* message;
};

const char* const kDec24 = "setmaxnreg.dec.sync.aligned.u32 24;\n";

const PlantedBug kBugs[] = {
    {"no_multiple_of_eight", "setmaxnreg.dec.sync.aligned.u32 30;\n", "", FaultKind::kWarpMisuse,
     "setmaxnreg.dec", "not a multiple of 8"},
    {"increase_below_what_it_has", "setmaxnreg.inc.sync.aligned.u32 32;\n", "",
     FaultKind::kWarpMisuse, "setmaxnreg.inc", "40 registers per thread, more"},
    {"decrease_above_what_it_has", "setmaxnreg.dec.sync.aligned.u32 96;\n", "",
     FaultKind::kWarpMisuse, "setmaxnreg.dec", "40 registers per thread, fewer"},
    {"nobody_gives", "setmaxnreg.inc.sync.aligned.u32 96;\n", "", FaultKind::kDeadlock,
     "setmaxnreg.inc", "registers of the CTA's pool (0 are free)"},
    {"too_few_are_given", kDec24, "setmaxnreg.inc.sync.aligned.u32 64;\n", FaultKind::kDeadlock,
     "setmaxnreg.inc", "registers of the CTA's pool"},
    {"more_than_there_are", "setmaxnreg.inc.sync.aligned.u32 256;\n", "", FaultKind::kWarpMisuse,
     "setmaxnreg.inc", "are never free"},
    {"one_warp_left_out", "@!%lane setmaxnreg.dec.sync.aligned.u32 24;\n", "",
     FaultKind::kWarpMisuse, "ret;", "without a setmaxnreg that warp"},
    {"other_count_in_one_warp",
     "@%lane bra three;\nsetmaxnreg.dec.sync.aligned.u32 24;\nret;\nthree:\n"
     "setmaxnreg.dec.sync.aligned.u32 32;\n",
     "", FaultKind::kWarpMisuse, "setmaxnreg.dec.sync.aligned.u32 32;", "asked for another count"},
};

class RegisterCountBugs : public testing::TestWithParam<PlantedBug> {};

TEST_P(RegisterCountBugs, AreReportedAtTheirPlace) {
  const PlantedBug& bug = GetParam();
  try {
    run(two_roles(bug.first, bug.second), {ScheduleKind::kEager, 0});
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), bug.kind) << fault.what();
    EXPECT_THAT(fault.place().ptx_text, testing::StartsWith(bug.blamed)) << fault.what();
    EXPECT_THAT(fault.what(), testing::HasSubstr(bug.message));
  }
}

INSTANTIATE_TEST_SUITE_P(All, RegisterCountBugs, testing::ValuesIn(kBugs),
                         [](const auto& bug) { return std::string(bug.param.name); });

// As a shipped kernel does it.
TEST(HardwareRules, WarpsOfAWarpgroupMayAskForDifferentCounts) {
  KernelRunner runner(two_roles(kBugs[7].first, kBugs[7].second));
  runner.options.follows_manual = false;
  EXPECT_NO_THROW(runner.launch("k", {1, 1, 1}, {256, 1, 1}));
}

// As another one does, which has more registers than it asks for.
TEST(HardwareRules, AnIncreaseToFewerRegistersChangesNothing) {
  KernelRunner runner(two_roles(kBugs[1].first, kDec24));
  runner.options.follows_manual = false;
  EXPECT_NO_THROW(runner.launch("k", {1, 1, 1}, {256, 1, 1}));
}

// What one warpgroup gives the other takes, whoever comes first.
TEST(RegisterCount, MovesBetweenWarpgroupsUnderEverySchedule) {
  const std::string more = "setmaxnreg.inc.sync.aligned.u32 56;\n";
  for (const auto& [first, second] : {std::pair<std::string, std::string>{kDec24, more},
                                      std::pair<std::string, std::string>{more, kDec24}}) {
    const std::string module = two_roles(first, second);
    run(module, {ScheduleKind::kEager, 0});
    run(module, {ScheduleKind::kLazy, 0});
    for (uint64_t seed = 1; seed <= 4; ++seed) run(module, {ScheduleKind::kRandom, seed});
  }
}

TEST(RegisterCount, StartsWithWhatTheLargestBlockLeavesEachThread) {
  ptx::Kernel kernel;
  EXPECT_EQ(launch_registers(kernel, 384), 168u);
  EXPECT_EQ(launch_registers(kernel, 128), 256u);
  kernel.max_threads = {512, 1, 1};
  EXPECT_EQ(launch_registers(kernel, 384), 128u);
  kernel.max_registers = 96;
  EXPECT_EQ(launch_registers(kernel, 384), 96u);
}

}  // namespace
}  // namespace emulator
