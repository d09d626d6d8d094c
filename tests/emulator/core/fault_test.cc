// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/emulator/kernel_runner.h"

// Planted bugs: each must be found by the right check, at the right place.
namespace emulator {
namespace {

struct PlantedBug {
  const char* name;
  const char* body;
  FaultKind kind;
  const char* ptx_text;  // the line that is blamed
  int lane;              // -1: not checked
};

const char* const kPlace =
    ".reg .b32 %r<9>;\n.reg .b64 %rd<9>;\n.reg .pred %p<4>;\n"
    ".shared .align 16 .b8 buffer[512];\n.shared .align 8 .b64 barrier;\n";

const PlantedBug kBugs[] = {
    {"store_behind_the_end",
     "mul.wide.u32 %rd1, %thread, 8;\nadd.s64 %rd1, %rd1, %out;\nst.global.u32 [%rd1], %thread;",
     FaultKind::kOutOfBounds, "st.global.u32 [%rd1], %thread;", 16},
    {"load_before_the_start", "ld.global.u32 %r1, [%in+-4];", FaultKind::kOutOfBounds,
     "ld.global.u32 %r1, [%in+-4];", 0},
    {"null_pointer", "mov.u64 %rd1, 0;\nld.global.u32 %r1, [%rd1];", FaultKind::kOutOfBounds,
     "ld.global.u32 %r1, [%rd1];", 0},
    {"misaligned_vector", "ld.global.v2.u32 {%r1, %r2}, [%in+4];", FaultKind::kMisaligned,
     "ld.global.v2.u32 {%r1, %r2}, [%in+4];", 0},
    {"shared_read_before_write", "mov.u32 %r1, buffer;\nld.shared.u32 %r2, [%r1];",
     FaultKind::kUninitialisedShared, "ld.shared.u32 %r2, [%r1];", 0},
    {"shared_behind_the_end", "mov.u32 %r1, buffer;\nst.shared.u32 [%r1+4096], %thread;",
     FaultKind::kOutOfBounds, "st.shared.u32 [%r1+4096], %thread;", 0},
    {"register_read_before_write",
     "setp.lt.u32 %p1, %thread, 5;\n@%p1 mov.u32 %r1, 1;\nadd.u32 %r2, %r1, 1;\n"
     "st.global.u32 [%out], %r2;",
     FaultKind::kUninitialisedRegister, "st.global.u32 [%out], %r2;", 5},
    {"branch_on_a_register_never_written",
     "setp.lt.u32 %p1, %thread, 5;\n@%p1 mov.u32 %r1, 1;\nsetp.eq.u32 %p2, %r1, 1;\n@%p2 exit;",
     FaultKind::kUninitialisedRegister, "@%p2 exit;", 5},
    {"barrier_number", "bar.sync 16;", FaultKind::kBarrierMisuse, "bar.sync 16;", -1},
    {"barrier_thread_count", "bar.sync 1, 40;", FaultKind::kBarrierMisuse, "bar.sync 1, 40;", -1},
    {"barrier_count_too_large", "bar.sync 1, 64;", FaultKind::kDeadlock, "bar.sync 1, 64;", -1},
    {"shuffle_from_outside_the_mask", "shfl.sync.idx.b32 %r1, %thread, 40, 31, 0x7fffffff;",
     FaultKind::kWarpMisuse, "shfl.sync.idx.b32 %r1, %thread, 40, 31, 0x7fffffff;", 31},
    {"shuffle_without_a_lane",
     "setp.eq.u32 %p1, %thread, 3;\n@%p1 exit;\nshfl.sync.bfly.b32 %r1, %thread, 1, 31, -1;",
     FaultKind::kWarpMisuse, "shfl.sync.bfly.b32 %r1, %thread, 1, 31, -1;", 3},
    {"mbarrier_not_initialised", "mbarrier.arrive.shared.b64 %rd1, [barrier];",
     FaultKind::kMbarrierMisuse, "mbarrier.arrive.shared.b64 %rd1, [barrier];", 0},
    {"mbarrier_twice_initialised", "mbarrier.init.shared.b64 [barrier], 1;",
     FaultKind::kMbarrierMisuse, "mbarrier.init.shared.b64 [barrier], 1;", 1},
    {"mbarrier_never_completes",
     "setp.eq.u32 %p1, %thread, 0;\n@%p1 mbarrier.init.shared.b64 [barrier], 1;\nbar.sync 0;\n"
     "again:\nmbarrier.try_wait.parity.shared.b64 %p2, [barrier], 0;\n@!%p2 bra again;",
     FaultKind::kDeadlock, "mbarrier.try_wait.parity.shared.b64 %p2, [barrier], 0;", -1},
    {"mbarrier_overwritten",
     "setp.eq.u32 %p1, %thread, 0;\n@%p1 mbarrier.init.shared.b64 [barrier], 1;\nst.shared.b32 "
     "[barrier], 0;",
     FaultKind::kMbarrierMisuse, "st.shared.b32 [barrier], 0;", 0},
    {"mbarrier_completed_without_leave",
     "setp.eq.u32 %p1, %thread, 0;\n@%p1 mbarrier.init.shared.b64 [barrier], 1;\n"
     "@%p1 mbarrier.arrive.noComplete.shared.b64 %rd1, [barrier], 1;",
     FaultKind::kMbarrierMisuse, "@%p1 mbarrier.arrive.noComplete.shared.b64 %rd1, [barrier], 1;",
     0},
    {"cluster_rank", "mov.u32 %r1, buffer;\nmapa.shared::cluster.u32 %r2, %r1, 1;",
     FaultKind::kOutOfBounds, "mapa.shared::cluster.u32 %r2, %r1, 1;", 0},
    {"cluster_wait_without_arrival", "barrier.cluster.wait;", FaultKind::kBarrierMisuse,
     "barrier.cluster.wait;", 0},
    {"cluster_double_arrival", "barrier.cluster.arrive;\nbarrier.cluster.arrive;",
     FaultKind::kBarrierMisuse, "barrier.cluster.arrive;", 0},
    {"copy_size", "mov.u32 %r1, buffer;\ncp.async.cg.shared.global [%r1], [%in], 8;",
     FaultKind::kAsyncMisuse, "cp.async.cg.shared.global [%r1], [%in], 8;", 0},
    {"trap", "trap;", FaultKind::kTrap, "trap;", 0},
    {"register_pool", "setmaxnreg.inc.sync.aligned.u32 250;", FaultKind::kWarpMisuse,
     "setmaxnreg.inc.sync.aligned.u32 250;", -1},
};

class PlantedBugs : public testing::TestWithParam<PlantedBug> {};

TEST_P(PlantedBugs, IsReportedAtItsPlace) {
  const PlantedBug& bug = GetParam();
  KernelRunner runner(kernel_with_two_pointers(std::string(kPlace) + bug.body));
  const uint64_t out = runner.allocate(128);
  const uint64_t in = runner.upload(std::vector<uint32_t>(32, 1));
  try {
    runner.launch("k", {2, 1, 1}, {32, 1, 1}, out, in);
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), bug.kind) << fault.what();
    EXPECT_EQ(fault.place().ptx_text, bug.ptx_text) << fault.what();
    EXPECT_EQ(fault.place().kernel, "k");
    if (bug.lane >= 0) {
      EXPECT_EQ(fault.place().lane, bug.lane) << fault.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBugs, testing::ValuesIn(kBugs),
                         [](const auto& bug) { return std::string(bug.param.name); });

// Compilers compute on what was never written when the result is thrown away.
TEST(Faults, AMissingValueThatIsNotChosenIsNoFault) {
  KernelRunner runner(kernel_with_two_pointers(
      std::string(kPlace) +
      "setp.lt.u32 %p1, %thread, 5;\n@%p1 mov.u32 %r1, 1;\nadd.u32 %r2, %r1, 1;\n"
      "setp.eq.u32 %p2, %r2, 2;\nand.pred %p3, %p1, %p2;\nselp.u32 %r3, %r2, 7, %p3;\n"
      "mul.wide.u32 %rd1, %thread, 4;\nadd.s64 %rd1, %rd1, %out;\nst.global.u32 [%rd1], %r3;"));
  const uint64_t out = runner.allocate(128);
  runner.launch("k", {1, 1, 1}, {32, 1, 1}, out, out);
  const auto values = runner.download<uint32_t>(out, 32);
  for (uint32_t lane = 0; lane < 32; ++lane) EXPECT_EQ(values[lane], lane < 5 ? 2 : 7);
}

TEST(Faults, ALivelockEndsWithTheInstructionBudget) {
  KernelRunner runner(kernel_with_two_pointers("again:\nbra again;"));
  runner.options.max_instructions = 100000;
  try {
    runner.launch("k", {1, 1, 1}, {32, 1, 1}, runner.allocate(4), runner.allocate(4));
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::kBudget);
  }
}

TEST(Faults, ADeadlockReportSaysWhatEveryWarpWaitsFor) {
  const std::string body =
      ".reg .pred %p<3>;\nsetp.lt.u32 %p1, %thread, 32;\n@%p1 bar.sync 2, 96;\n@!%p1 bar.sync 3, "
      "96;";
  KernelRunner runner(kernel_with_two_pointers(body));
  try {
    runner.launch("k", {1, 1, 1}, {64, 1, 1}, runner.allocate(4), runner.allocate(4));
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::kDeadlock);
    EXPECT_THAT(fault.what(), testing::HasSubstr("warp 0"));
    EXPECT_THAT(fault.what(), testing::HasSubstr("barrier 2 (32 of 96 threads arrived)"));
    EXPECT_THAT(fault.what(), testing::HasSubstr("barrier 3 (32 of 96 threads arrived)"));
  }
}

}  // namespace
}  // namespace emulator
