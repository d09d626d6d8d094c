// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <functional>

#include "tests/emulator/kernel_runner.h"
#include "tests/emulator/silicon/wgmma_kernel.h"

// Planted bugs around wgmma: each must be found by the right check at the right place, and the
// kernel without it must give the same bits under every schedule.
namespace emulator {
namespace {

using silicon::WgmmaCase;
using silicon::WgmmaText;

const char* const kCommit = "wgmma.commit_group.sync.aligned;\n";
const char* const kWait = "wgmma.wait_group.sync.aligned 0;\n";

std::vector<uint32_t> run_product(const WgmmaCase& c, const std::string& module,
                                  const ScheduleChoice& schedule) {
  KernelRunner runner(module);
  runner.options.schedule = schedule;
  const size_t num_words = silicon::kWarpgroupThreads * static_cast<size_t>(c.num_registers());
  const uint64_t out = runner.allocate(4 * num_words);
  const uint64_t in = runner.upload(silicon::wgmma_input(c));
  runner.launch("k", {1, 1, 1}, {silicon::kWarpgroupThreads, 1, 1}, out, in);
  return runner.download<uint32_t>(out, num_words);
}

struct PlantedBug {
  const char* name;
  std::function<void(WgmmaText&)> plant;
  FaultKind kind;
  const char* blamed;   // what the PTX line begins with
  const char* message;  // a part of it
  ScheduleKind schedule = ScheduleKind::kEager;
  bool has_a_registers = false;
};

void prefix_product(WgmmaText& text, const std::string& before, const std::string& guard) {
  text.fence += before;
  text.guard = guard;
}

const PlantedBug kBugs[] = {
    {"fence_missing", [](WgmmaText& t) { t.fence.clear(); }, FaultKind::kAsyncMisuse,
     "wgmma.mma_async", "no wgmma.fence"},
    {"register_written_behind_the_fence", [](WgmmaText& t) { t.fence += "mov.b32 %d3, 0;\n"; },
     FaultKind::kAsyncMisuse, "wgmma.mma_async", "since the last wgmma.fence"},
    {"wait_missing", [](WgmmaText& t) { t.finish = kCommit; }, FaultKind::kAsyncMisuse,
     "st.global.b32 [%out+0], %d0;", "is read while the wgmma"},
    {"commit_missing", [](WgmmaText& t) { t.finish = kWait; }, FaultKind::kAsyncMisuse,
     "st.global.b32 [%out+0], %d0;", "has not waited"},
    {"wait_leaves_one_group",
     [](WgmmaText& t) { t.finish = std::string(kCommit) + "wgmma.wait_group.sync.aligned 1;\n"; },
     FaultKind::kAsyncMisuse, "st.global.b32 [%out+0], %d0;", "is read while the wgmma"},
    {"accumulator_touched_early", [](WgmmaText& t) { t.between = "mov.b32 %w0, %d5;\n"; },
     FaultKind::kAsyncMisuse, "mov.b32 %w0, %d5;", "operand 2 is read"},
    {"fragment_overwritten_early", [](WgmmaText& t) { t.between = "mov.b32 %a1, 0;\n"; },
     FaultKind::kAsyncMisuse, "mov.b32 %a1, 0;", "operand 1 is written", ScheduleKind::kEager,
     true},
    {"end_without_wait", [](WgmmaText& t) { t.finish = std::string(kCommit) + "ret;\n"; },
     FaultKind::kAsyncMisuse, "wgmma.mma_async", "without a wgmma.wait_group"},
    {"end_without_commit", [](WgmmaText& t) { t.finish = "ret;\n"; }, FaultKind::kAsyncMisuse,
     "wgmma.mma_async", "without a wgmma.commit_group"},
    {"stage_overwritten_early",
     [](WgmmaText& t) {
       t.finish = std::string("st.shared.b32 [%image], %thread;\n") + kCommit + kWait;
     },
     FaultKind::kAsyncMisuse, "st.shared.b32 [%image], %thread;", "still reading"},
    {"stage_overwritten_early_by_one_warp",
     [](WgmmaText& t) {
       t.finish = std::string(
                      ".reg .pred %last;\nsetp.ge.u32 %last, %thread, 96;\n"
                      "@%last st.shared.b32 [%image], %thread;\n") +
                  kCommit + kWait;
     },
     FaultKind::kAsyncMisuse, "@%last st.shared", "still reading", ScheduleKind::kLazy},
    {"reserved_descriptor_bits", [](WgmmaText& t) { t.descriptor_change = uint64_t{1} << 14; },
     FaultKind::kIllegalDescriptor, "wgmma.mma_async", "reserved bits"},
    {"base_offset", [](WgmmaText& t) { t.descriptor_change = uint64_t{1} << 49; },
     FaultKind::kIllegalDescriptor, "wgmma.mma_async", "base offset"},
    {"start_inside_the_swizzle_pattern", [](WgmmaText& t) { t.descriptor_change = 8; },
     FaultKind::kIllegalDescriptor, "wgmma.mma_async", "repeat of the swizzle"},
    {"start_too_late_in_the_row", [](WgmmaText& t) { t.descriptor_change = 7; },
     FaultKind::kIllegalDescriptor, "wgmma.mma_async", "leaves the row"},
    {"behind_the_end_of_shared_memory", [](WgmmaText& t) { t.descriptor_change = 1 << 12; },
     FaultKind::kOutOfBounds, "wgmma.mma_async", "which ends at offset"},
    {"lanes_predicated_off",
     [](WgmmaText& t) {
       prefix_product(t, ".reg .pred %few;\nsetp.lt.u32 %few, %thread, 8;\n", "@%few ");
     },
     FaultKind::kWarpMisuse, "@%few wgmma.mma_async", "predicated off"},
    {"warp_missing",
     [](WgmmaText& t) {
       prefix_product(t, ".reg .pred %few;\nsetp.lt.u32 %few, %thread, 96;\n", "@%few ");
     },
     FaultKind::kWarpMisuse, "@%few wgmma.mma_async", "warp 3 has ended"},
    {"warp_that_waits_elsewhere",
     [](WgmmaText& t) {
       t.fence += ".reg .pred %few;\nsetp.ge.u32 %few, %thread, 96;\n@%few bar.sync 1, 64;\n";
     },
     FaultKind::kDeadlock, "wgmma.wait_group", "when all four warps have issued it"},
    {"descriptors_differ",
     [](WgmmaText& t) {
       t.fence +=
           ".reg .pred %few;\nsetp.lt.u32 %few, %thread, 32;\n@%few add.u64 %desc_b, %desc_b, 2;\n";
     },
     FaultKind::kWarpMisuse, "wgmma.mma_async", "different descriptors"},
    {"lanes_disagree",
     [](WgmmaText& t) {
       t.fence +=
           ".reg .pred %few;\nsetp.eq.u32 %few, %thread, 9;\n@%few add.u64 %desc_b, %desc_b, 2;\n";
     },
     FaultKind::kWarpMisuse, "wgmma.mma_async", "differs between lanes"},
};

class WgmmaBugs : public testing::TestWithParam<PlantedBug> {};

TEST_P(WgmmaBugs, AreReportedAtTheirPlace) {
  const PlantedBug& bug = GetParam();
  WgmmaCase c;
  c.n = 16;
  c.has_a_registers = bug.has_a_registers;
  WgmmaText text;
  bug.plant(text);
  try {
    run_product(c, silicon::wgmma_module(c, text), {bug.schedule, 0});
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), bug.kind) << fault.what();
    EXPECT_THAT(fault.place().ptx_text, testing::StartsWith(bug.blamed)) << fault.what();
    EXPECT_THAT(fault.what(), testing::HasSubstr(bug.message));
  }
}

INSTANTIATE_TEST_SUITE_P(All, WgmmaBugs, testing::ValuesIn(kBugs),
                         [](const auto& bug) { return std::string(bug.param.name); });

class WgmmaTwins : public testing::TestWithParam<WgmmaCase> {};

TEST_P(WgmmaTwins, GiveTheSameBitsUnderEverySchedule) {
  const WgmmaCase& c = GetParam();
  const std::string module = silicon::wgmma_module(c);
  const std::vector<uint32_t> expected = run_product(c, module, {ScheduleKind::kEager, 0});
  EXPECT_EQ(run_product(c, module, {ScheduleKind::kLazy, 0}), expected);
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    EXPECT_EQ(run_product(c, module, {ScheduleKind::kRandom, seed}), expected) << "seed " << seed;
  }
}

WgmmaCase twin(bool has_a_registers, int num_products) {
  WgmmaCase c;
  c.n = 16;
  c.has_a_registers = has_a_registers;
  c.num_products = num_products;
  return c;
}

INSTANTIATE_TEST_SUITE_P(All, WgmmaTwins,
                         testing::Values(twin(false, 1), twin(true, 1), twin(false, 3),
                                         twin(true, 3)));

// Bugs that are no misuse: the product is simply another one.
TEST(WgmmaDescriptors, WrongOnesGiveWrongProducts) {
  const WgmmaCase c = twin(false, 1);
  const std::vector<uint32_t> right =
      run_product(c, silicon::wgmma_module(c), {ScheduleKind::kEager, 0});
  constexpr uint64_t kOneChunkOff = 1;
  constexpr uint64_t kWrongStride = uint64_t{64} << 32;
  constexpr uint64_t kWrongSwizzle = uint64_t{3} << 62;
  for (const uint64_t change : {kOneChunkOff, kWrongStride, kWrongSwizzle}) {
    WgmmaText text;
    text.descriptor_change = change;
    EXPECT_NE(run_product(c, silicon::wgmma_module(c, text), {ScheduleKind::kEager, 0}), right);
  }
}

}  // namespace
}  // namespace emulator
