// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/emulator/insn/tensor_kernel.h"

// Planted bugs in the use of tensor memory and tcgen05: each must be found by the right check and
// blamed on the right line, and its clean twin must pass.
namespace emulator {
namespace {

// An M = 128, N = 64 product of f16: A at the start of the buffer, B behind it, both with 128-byte
// swizzle and full of zeros; the barrier expects one arrival.
const char* const kSetUp =
    "mov.u32 %r1, buffer;\nshl.b32 %r2, %thread, 4;\nadd.u32 %r2, %r2, %r1;\nmov.b32 %r3, 0;\n"
    "add.u32 %r4, %r1, 24576;\nclear:\nst.shared.v4.b32 [%r2], {%r3, %r3, %r3, %r3};\n"
    "add.u32 %r2, %r2, 2048;\nsetp.lt.u32 %p1, %r2, %r4;\n@%p1 bra clear;\n"
    "mov.u32 %r14, barriers;\n@%is_leader mbarrier.init.shared::cta.b64 [%r14], 1;\n"
    "fence.proxy.async;\nbar.sync 0;\n"
    "and.b32 %r5, %r1, 0x3ffff;\nshr.u32 %r5, %r5, 4;\ncvt.u64.u32 %rd1, %r5;\n"
    "or.b64 %rd1, %rd1, 0x4000404000010000;\nadd.s64 %rd2, %rd1, 1024;\n"
    "mov.u32 %r12, 0x08100010;\n";
const std::string kIssue =
    "@%is_leader tcgen05.mma.cta_group::1.kind::f16 [%tmem], %rd1, %rd2, %r12, 0;\n";
const std::string kCommit =
    "@%is_leader tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 [%r14];\n";
const std::string kWait =
    "wait:\nmbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14], 0;\n@!%p4 bra wait;\n"
    "tcgen05.fence::after_thread_sync;\n";
const std::string kLoad = "tcgen05.ld.sync.aligned.32x32b.x1.b32 {%v0}, [%lanes];\n";
const std::string kStore = "tcgen05.st.sync.aligned.32x32b.x1.b32 [%lanes], {%thread};\n";
const std::string kWaitLoad = "tcgen05.wait::ld.sync.aligned;\n";
const std::string kWaitStore = "tcgen05.wait::st.sync.aligned;\n";
const std::string kStored = kStore + kWaitStore;
const std::string kLoaded = kLoad + kWaitLoad;
const std::string kDone = kIssue + kCommit + kWait;

struct PlantedBug {
  const char* name;
  std::string bug;
  FaultKind kind;
  std::string blamed;  // a part of the line
  std::string clean;
  ScheduleKind schedule = ScheduleKind::kEager;
  uint32_t num_columns = 64;
};

std::vector<PlantedBug> memory_bugs() {
  const std::string kBefore = "bar.sync 0;\n@%is_warp0 ";
  return {
      {"read_before_write", kLoad, FaultKind::kUninitialisedTensorMemory, "tcgen05.ld",
       kStored + kLoaded},
      {"foreign_lanes", "xor.b32 %lanes, %lanes, 0x200000;\n" + kStore,
       FaultKind::kTensorMemoryMisuse, "tcgen05.st", kStored},
      {"column_behind_the_allocation", "add.u32 %lanes, %lanes, 64;\n" + kStore,
       FaultKind::kTensorMemoryMisuse, "tcgen05.st", "add.u32 %lanes, %lanes, 63;\n" + kStored},
      {"load_before_the_store_is_done", kStore + kLoad, FaultKind::kAsyncMisuse, "tcgen05.ld",
       kStored + kLoaded},
      {"address_differs_between_lanes", "add.u32 %lanes, %lanes, %thread;\n" + kStore,
       FaultKind::kWarpMisuse, "tcgen05.st", kStored},
      {"load_by_some_lanes", kStored + "@%is_leader " + kLoad, FaultKind::kWarpMisuse, "tcgen05.ld",
       kStored + kLoaded},
      {"forgotten_deallocation", "ret;\n", FaultKind::kTensorMemoryMisuse, "tcgen05.alloc", ""},
      {"double_free",
       "bar.sync 0;\n@%is_warp0 tcgen05.dealloc.cta_group::1.sync.aligned.b32 %tmem, 64;\n",
       FaultKind::kTensorMemoryMisuse, "tcgen05.dealloc", ""},
      {"partial_free",
       "bar.sync 0;\n@%is_warp0 tcgen05.dealloc.cta_group::1.sync.aligned.b32 %tmem, 32;\n",
       FaultKind::kTensorMemoryMisuse, "tcgen05.dealloc", ""},
      {"free_before_the_store_is_done", "bar.sync 0;\n" + kStore, FaultKind::kAsyncMisuse,
       "tcgen05.dealloc", "bar.sync 0;\n" + kStored},
      {"allocation_size",
       kBefore + "tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%slot], 48;\n",
       FaultKind::kTensorMemoryMisuse, "tcgen05.alloc", ""},
      {"allocation_grows",
       kBefore + "tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%slot], 128;\n",
       FaultKind::kTensorMemoryMisuse, "tcgen05.alloc", ""},
      {"allocation_after_the_permit",
       kBefore + "tcgen05.relinquish_alloc_permit.cta_group::1.sync.aligned;\n@%is_warp0 "
                 "tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%slot], 32;\n",
       FaultKind::kTensorMemoryMisuse, "tcgen05.alloc",
       "@%is_warp0 tcgen05.relinquish_alloc_permit.cta_group::1.sync.aligned;\n"},
      {"allocation_by_one_thread",
       "bar.sync 0;\n@%is_leader tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%slot], "
       "32;\n",
       FaultKind::kWarpMisuse, "tcgen05.alloc", ""},
      {"allocation_of_more_than_there_is",
       kBefore + "tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%slot], 512;\n",
       FaultKind::kDeadlock, "tcgen05.alloc", "", ScheduleKind::kEager, 512},
      {"another_cta_group",
       "bar.sync 0;\n@%is_warp0 tcgen05.relinquish_alloc_permit.cta_group::2.sync.aligned;\n",
       FaultKind::kTensorMemoryMisuse, "tcgen05.relinquish", ""},
  };
}

std::vector<PlantedBug> product_bugs() {
  const std::string up = kSetUp;
  const std::string kByWarp =
      "@%is_warp0 tcgen05.mma.cta_group::1.kind::f16 [%tmem], %rd1, %rd2, %r12, 0;\n";
  const std::string kByOther =
      "setp.eq.u32 %p5, %thread, 1;\n@%p5 "
      "tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 [%r14];\n";
  const std::string kAccumulate =
      "@%is_leader tcgen05.mma.cta_group::1.kind::f16 [%tmem], %rd1, %rd2, %r12, 1;\n";
  const std::string kFromMemory =
      "add.u32 %r20, %tmem, 32;\nmov.u32 %r12, 0x08040010;\nbar.sync 0;\n"
      "@%is_leader tcgen05.mma.cta_group::1.kind::f16 [%tmem], [%r20], %rd2, %r12, 0;\n";
  const std::string kStoreA =
      "add.u32 %r21, %lanes, 32;\ntcgen05.st.sync.aligned.32x32b.x8.b32 [%r21], "
      "{%thread, %thread, %thread, %thread, %thread, %thread, %thread, %thread};\n";
  const std::string kOverwrite = "@%is_leader st.shared.b32 [%r1], %r3;\n";
  const std::string kHalf = "mov.u32 %r12, 0x04100010;\n";
  return {
      {"result_read_before_the_wait", up + kIssue + kCommit + "bar.sync 0;\n" + kLoad,
       FaultKind::kAsyncMisuse, "tcgen05.ld", up + kDone + kLoaded},
      {"commit_by_another_thread", up + kIssue + kByOther + kWait + kLoad, FaultKind::kAsyncMisuse,
       "tcgen05.ld", up + kDone + kLoaded},
      {"freed_while_in_use", up + kIssue + kCommit, FaultKind::kAsyncMisuse, "tcgen05.dealloc",
       up + kDone},
      {"result_overwritten_before_the_wait", up + kIssue + kCommit + "bar.sync 0;\n" + kStore,
       FaultKind::kAsyncMisuse, "tcgen05.st", up + kDone + kStored},
      {"operand_stored_without_a_wait", up + kStoreA + kFromMemory, FaultKind::kAsyncMisuse,
       "tcgen05.mma", up + kStoreA + kWaitStore + kFromMemory + kCommit + kWait},
      {"product_overtakes_a_load", up + kDone + kLoad + "bar.sync 0;\n" + kIssue,
       FaultKind::kAsyncMisuse, "tcgen05.mma",
       up + kDone + kLoad + kWaitLoad + "bar.sync 0;\n" + kIssue + kCommit +
           "again:\nmbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14], 1;\n@!%p4 bra again;\n"},
      {"issued_by_a_warp", up + kByWarp, FaultKind::kWarpMisuse, "tcgen05.mma", up + kDone},
      {"accumulates_on_nothing", up + kAccumulate + kCommit + kWait,
       FaultKind::kUninitialisedTensorMemory, "tcgen05.mma", up + kDone},
      {"n_larger_than_the_allocation", up + "mov.u32 %r12, 0x08200010;\n" + kDone,
       FaultKind::kTensorMemoryMisuse, "tcgen05.mma", up + kDone},
      {"no_such_shape", up + "mov.u32 %r12, 0x06100010;\n" + kDone, FaultKind::kIllegalDescriptor,
       "tcgen05.mma", up + kDone},
      {"type_of_another_kind", up + "or.b32 %r12, %r12, 0x100;\n" + kDone,
       FaultKind::kIllegalDescriptor, "tcgen05.mma", up + kDone},
      {"descriptor_of_another_architecture",
       up + "and.b64 %rd1, %rd1, 0xffffbfffffffffff;\n" + kDone, FaultKind::kIllegalDescriptor,
       "tcgen05.mma", up + kDone},
      {"start_inside_the_swizzle", up + "add.s64 %rd1, %rd1, 16;\n" + kDone,
       FaultKind::kIllegalDescriptor, "tcgen05.mma", up + "add.s64 %rd1, %rd1, 2;\n" + kDone},
      {"k_leaves_the_swizzle", up + "add.s64 %rd1, %rd1, 7;\n" + kDone,
       FaultKind::kIllegalDescriptor, "tcgen05.mma", up + "add.s64 %rd1, %rd1, 6;\n" + kDone},
      {"operand_never_written", up + "add.s64 %rd2, %rd2, 512;\n" + kDone,
       FaultKind::kUninitialisedShared, "tcgen05.mma", up + kDone},
      {"stage_reused_too_early", up + kIssue + kCommit + kOverwrite + kWait,
       FaultKind::kAsyncMisuse, "st.shared", up + kDone + kOverwrite, ScheduleKind::kLazy},
      {"lanes_that_m_64_leaves_out", up + kHalf + kDone + kLoad,
       FaultKind::kUninitialisedTensorMemory, "tcgen05.ld",
       up + kHalf + kDone + "tcgen05.ld.sync.aligned.16x64b.x1.b32 {%v0}, [%lanes];\n" + kWaitLoad},
      {"commit_to_no_barrier", up + "add.u32 %r14, %r14, 8;\n" + kIssue + kCommit,
       FaultKind::kMbarrierMisuse, "tcgen05.commit", up + kDone},
  };
}

void launch(const PlantedBug& bug, const std::string& body, const ScheduleChoice& schedule) {
  KernelRunner runner(tensor_kernel(bug.num_columns, body));
  runner.target = "sm_100";
  runner.options.schedule = schedule;
  runner.dynamic_shared_bytes = 64 * 1024;
  runner.launch("k", {1, 1, 1}, {128, 1, 1}, runner.allocate(4), runner.allocate(4));
}

class Tcgen05Bugs : public testing::TestWithParam<PlantedBug> {};

TEST_P(Tcgen05Bugs, IsReportedAtItsPlace) {
  const PlantedBug& bug = GetParam();
  try {
    launch(bug, bug.bug, {bug.schedule, 0});
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), bug.kind) << fault.what();
    EXPECT_THAT(fault.place().ptx_text, testing::HasSubstr(bug.blamed)) << fault.what();
  }
}

TEST_P(Tcgen05Bugs, TheCleanTwinPasses) {
  const PlantedBug& bug = GetParam();
  for (const ScheduleKind kind :
       {ScheduleKind::kEager, ScheduleKind::kLazy, ScheduleKind::kRandom}) {
    EXPECT_NO_THROW(launch(bug, bug.clean, {kind, 1}));
  }
}

// Load, scale, store to the same words: the store depends on the load and stands for it.
TEST(Tcgen05Hazards, AStoreStandsForTheLoadThatItDependsOn) {
  const PlantedBug any = product_bugs().front();
  const std::string again =
      "again:\nmbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14], 1;\n@!%p4 bra again;\n";
  const std::string rescale =
      kLoad + "tcgen05.st.sync.aligned.32x32b.x1.b32 [%lanes], {%v0};\n" + kWaitStore;
  const std::string body = kSetUp + kDone + rescale + "bar.sync 0;\n" + kIssue + kCommit + again;
  for (const ScheduleKind kind : {ScheduleKind::kEager, ScheduleKind::kLazy}) {
    EXPECT_NO_THROW(launch(any, body, {kind, 0}));
  }
}

std::string name_of(const testing::TestParamInfo<PlantedBug>& bug) {
  return bug.param.name;
}

INSTANTIATE_TEST_SUITE_P(Memory, Tcgen05Bugs, testing::ValuesIn(memory_bugs()), name_of);
INSTANTIATE_TEST_SUITE_P(Product, Tcgen05Bugs, testing::ValuesIn(product_bugs()), name_of);

}  // namespace
}  // namespace emulator
