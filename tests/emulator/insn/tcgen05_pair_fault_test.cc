// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/emulator/insn/tensor_kernel.h"

// Planted bugs in what the two CTAs of a pair have to do together, with their clean twins.
namespace emulator {
namespace {

const std::string kTogether = "barrier.cluster.arrive;\nbarrier.cluster.wait;\n";

// Both CTAs fill 24 KiB of their memory with zeros; the barrier of each expects one arrival.
const std::string kSetUp =
    "mov.u32 %r1, buffer;\nshl.b32 %r2, %thread, 4;\nadd.u32 %r2, %r2, %r1;\nmov.b32 %r3, 0;\n"
    "add.u32 %r4, %r1, 24576;\nclear:\nst.shared.v4.b32 [%r2], {%r3, %r3, %r3, %r3};\n"
    "add.u32 %r2, %r2, 2048;\nsetp.lt.u32 %p1, %r2, %r4;\n@%p1 bra clear;\n"
    "mov.u32 %r14, barriers;\n@%is_leader mbarrier.init.shared::cta.b64 [%r14], 1;\n"
    "fence.proxy.async;\n"
    "and.b32 %r5, %r1, 0x3ffff;\nshr.u32 %r5, %r5, 4;\ncvt.u64.u32 %rd1, %r5;\n"
    "or.b64 %rd1, %rd1, 0x4000404000010000;\nadd.s64 %rd2, %rd1, 1024;\n"
    "mov.u32 %r12, 0x08100010;\nadd.u32 %r20, %tmem, 32;\n"  // M = 128, N = 64
    "setp.eq.u32 %p3, %rank, 0;\nand.pred %p3, %p3, %is_leader;\n.reg .b16 %h;\nmov.b16 %h, 3;\n"
    "setp.eq.u32 %p5, %rank, 1;\n";
const std::string kIssue =
    "@%p3 tcgen05.mma.cta_group::2.kind::f16 [%tmem], %rd1, %rd2, %r12, 0;\n";
const std::string kFromMemory =
    "@%p3 tcgen05.mma.cta_group::2.kind::f16 [%tmem], [%r20], %rd2, %r12, 0;\n";
const std::string kCommitToBoth =
    "@%p3 tcgen05.commit.cta_group::2.mbarrier::arrive::one.shared::cluster.multicast::cluster.b64 "
    "[%r14], %h;\n";
const std::string kWait =
    "wait:\nmbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14], 0;\n@!%p4 bra wait;\n"
    "tcgen05.fence::after_thread_sync;\n";

struct PlantedBug {
  const char* name;
  std::string bug;
  FaultKind kind;
  std::string blamed;  // a part of the line
  std::string clean;
  ScheduleKind schedule = ScheduleKind::kEager;
};

std::string store_a(const std::string& value) {
  std::string values = value;
  for (int i = 1; i < 8; ++i) values += ", " + value;
  return "add.u32 %r21, %lanes, 32;\ntcgen05.st.sync.aligned.32x32b.x8.b32 [%r21], {" + values +
         "};\ntcgen05.wait::st.sync.aligned;\n";
}

std::vector<PlantedBug> bugs() {
  const std::string up = kSetUp + kTogether;
  const std::string done = up + kIssue + kCommitToBoth + kWait;
  const std::string allocate =
      "tcgen05.alloc.cta_group::2.sync.aligned.shared::cta.b32 [%slot], %r22;\n";
  const std::string free = "@%is_warp0 tcgen05.dealloc.cta_group::2.sync.aligned.b32 %r24, %r22;\n";
  const std::string allocate_and_free =
      "@%is_warp0 " + allocate + "bar.sync 0;\nld.shared.b32 %r24, [%slot];\nbar.sync 0;\n" + free;
  const std::string different = "and.b32 %r23, %warp, 2;\n" + store_a("%r23");
  return {
      {"commit_to_one_cta_only",
       up + kIssue +
           "@%p3 tcgen05.commit.cta_group::2.mbarrier::arrive::one.shared::cluster.b64 [%r14];\n" +
           kWait,
       FaultKind::kDeadlock, "barrier.cluster.wait", done},
      {"barrier_of_the_peer_instead_of_the_own",
       up + kIssue +
           "mapa.shared::cluster.u32 %r14, %r14, 1;\n@%p3 "
           "tcgen05.commit.cta_group::2.mbarrier::arrive::one.shared::cluster.b64 [%r14];\n"
           "mov.u32 %r14, barriers;\n" +
           kWait,
       FaultKind::kDeadlock, "mbarrier.try_wait", done},
      {"mask_names_a_cta_that_is_not_there", up + "mov.b16 %h, 7;\n" + kIssue + kCommitToBoth,
       FaultKind::kOutOfBounds, "tcgen05.commit", done},
      {"peer_has_not_written_its_operand",
       kSetUp + kTogether + "add.s64 %rd2, %rd2, 512;\n" +
           "@!%p5 st.shared.v4.b32 [%r1+24576], {%r3, %r3, %r3, %r3};\n" + kIssue,
       FaultKind::kUninitialisedShared, "tcgen05.mma", done},
      {"halves_of_a_differ", up + different + kTogether + kFromMemory + kCommitToBoth + kWait,
       FaultKind::kTensorMemoryMisuse, "tcgen05.mma",
       up + store_a("%r3") + kTogether + kFromMemory + kCommitToBoth + kWait},
      {"peer_has_not_waited_for_its_store",
       up +
           "add.u32 %r21, %lanes, 32;\n@%p5 bra store;\nbra stored;\nstore:\n"
           "tcgen05.st.sync.aligned.32x32b.x1.b32 [%r21], {%r3};\nstored:\n" +
           kTogether + kFromMemory,
       FaultKind::kAsyncMisuse, "tcgen05.mma",
       up + store_a("%r3") + kTogether + kFromMemory + kCommitToBoth + kWait},
      {"allocation_in_one_cta_only",
       "mov.b32 %r22, 32;\nsetp.eq.u32 %p6, %rank, 0;\nand.pred %p6, %p6, %is_warp0;\n@%p6 " +
           allocate,
       FaultKind::kDeadlock, "tcgen05.alloc", "mov.b32 %r22, 32;\n" + allocate_and_free},
      {"allocations_of_different_sizes", "shr.u32 %r22, 64, %rank;\n@%is_warp0 " + allocate,
       FaultKind::kTensorMemoryMisuse, "tcgen05.alloc", "mov.b32 %r22, 64;\n" + allocate_and_free},
      // Whether deallocation waits for the peer is not said: this hangs where it does.
      {"deallocation_before_the_peer_can_come",
       "mov.b32 %r22, 32;\n@%is_warp0 " + allocate +
           "bar.sync 0;\nld.shared.b32 %r24, [%slot];\nbar.sync 0;\nsetp.eq.u32 %p6, %rank, 1;\n"
           "@%p6 bra late;\n" +
           kTogether + free + "bra over;\nlate:\n" + free + kTogether + "over:\n",
       FaultKind::kDeadlock, "barrier.cluster.wait", "mov.b32 %r22, 32;\n" + allocate_and_free,
       ScheduleKind::kLazy},
  };
}

void launch(const std::string& body, const ScheduleChoice& schedule) {
  KernelRunner runner(pair_kernel(64, body));
  runner.target = "sm_100";
  runner.options.schedule = schedule;
  runner.cluster = {2, 1, 1};
  runner.dynamic_shared_bytes = 64 * 1024;
  runner.launch("k", {2, 1, 1}, {128, 1, 1}, runner.allocate(4), runner.allocate(4));
}

class Tcgen05PairBugs : public testing::TestWithParam<PlantedBug> {};

TEST_P(Tcgen05PairBugs, IsReportedAtItsPlace) {
  const PlantedBug& bug = GetParam();
  try {
    launch(bug.bug, {bug.schedule, 0});
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), bug.kind) << fault.what();
    EXPECT_THAT(fault.place().ptx_text, testing::HasSubstr(bug.blamed)) << fault.what();
  }
}

TEST_P(Tcgen05PairBugs, TheCleanTwinPasses) {
  for (const ScheduleKind kind :
       {ScheduleKind::kEager, ScheduleKind::kLazy, ScheduleKind::kRandom}) {
    EXPECT_NO_THROW(launch(GetParam().clean, {kind, 1}));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Tcgen05PairBugs, testing::ValuesIn(bugs()),
                         [](const auto& bug) { return std::string(bug.param.name); });

}  // namespace
}  // namespace emulator
