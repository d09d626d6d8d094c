// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/emulator/insn/tensor_kernel.h"

// Planted faults in the order of tensor memory's loads and stores and of a product's operands; each
// repaired twin has the line that the faulty one lacks.
namespace emulator {
namespace {

struct PlantedFault {
  const char* name;
  FaultKind kind;
  check::RaceLevel level;  // the lowest that reports it
  std::string before;
  std::string missing;
  std::string after;
  const char* instruction;  // that is blamed
  const char* message;
};

void PrintTo(const PlantedFault& fault, std::ostream* out) {
  *out << fault.name;
}

const std::string kLoad = "tcgen05.ld.sync.aligned.32x32b.x1.b32 {%v0}, [%lanes];\n";
const std::string kWaitLoad = "tcgen05.wait::ld.sync.aligned;\n";
const std::string kStore =
    "tcgen05.st.sync.aligned.32x32b.x1.b32 [%lanes], {%thread};\ntcgen05.wait::st.sync.aligned;\n";
const std::string kFenceBefore = "tcgen05.fence::before_thread_sync;\n";
const std::string kFenceAfter = "tcgen05.fence::after_thread_sync;\n";
const std::string kBarriers =
    "mov.u32 %r14, barriers;\n@%is_leader mbarrier.init.shared::cta.b64 [%r14], 32;\n"
    "@%is_leader mbarrier.init.shared::cta.b64 [%r14+8], 1;\nbar.sync 0;\n";
const std::string kAwait =
    "mbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14], 0;\n@!%p4 bra again;\n";

// Warp 0 stores, loads and arrives; warp 4, whose lanes are the same, waits and stores.
const std::string kReader = kBarriers +
                            "setp.eq.u32 %p1, %warp, 4;\n@%p1 bra again;\n@!%is_warp0 bra over;\n" +
                            kStore + kLoad;
const std::string kArrive = "mbarrier.arrive.shared::cta.b64 _, [%r14];\nbra over;\nagain:\n";
const std::string kOver = kStore + "over:\n";

// All threads fill the operands; thread 0 issues a product of 64 x 8 and waits for it.
const std::string kFill =
    kBarriers +
    "mov.u32 %r10, buffer;\nshl.b32 %r13, %thread, 4;\nadd.u32 %r13, %r13, %r10;\n"
    "mov.u32 %r20, 0;\nst.shared.v4.b32 [%r13], {%r20, %r20, %r20, %r20};\n";
const std::string kProduct =
    "bar.sync 0;\n@!%is_leader bra over;\n"
    "shr.u32 %r11, %r10, 4;\ncvt.u64.u32 %rd1, %r11;\nor.b64 %rd1, %rd1, 70403108110336;\n"
    "mov.u32 %r12, 67239952;\nsetp.ne.u32 %p5, %r12, %r12;\n"
    "tcgen05.mma.cta_group::1.kind::f16 [%tmem], %rd1, %rd1, %r12, %p5;\n"
    "tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 [%r14+8];\n"
    "done:\nmbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14+8], 0;\n@!%p4 bra done;\n"
    "over:\nbar.warp.sync -1;\n";

const PlantedFault kFaults[] = {
    {"store_behind_a_load_without_fence_before", FaultKind::kAsyncMisuse,
     check::RaceLevel::kPedantic, kReader + kWaitLoad, kFenceBefore,
     kArrive + kAwait + kFenceAfter + kOver, "tcgen05.st", "no tcgen05.fence::before_thread_sync"},
    {"store_behind_a_load_without_fence_after", FaultKind::kAsyncMisuse,
     check::RaceLevel::kPedantic, kReader + kWaitLoad + kFenceBefore + kArrive + kAwait,
     kFenceAfter, kOver, "tcgen05.st", "no tcgen05.fence::after_thread_sync"},
    {"store_behind_a_load_that_nobody_waited_for", FaultKind::kAsyncMisuse, check::RaceLevel::kOff,
     kReader, kWaitLoad, kFenceBefore + kArrive + kAwait + kFenceAfter + kOver, "tcgen05.st",
     "has not waited for its tcgen05.ld"},
    {"operands_stored_without_proxy_fence", FaultKind::kMissingProxyFence, check::RaceLevel::kProxy,
     kFill, "fence.proxy.async.shared::cta;\n", kProduct, "tcgen05.mma", "st.shared.v4.b32"},
};

class TensorRaces : public testing::TestWithParam<std::tuple<PlantedFault, ScheduleKind>> {
 protected:
  void launch(const std::string& body, check::RaceLevel level) {
    KernelRunner runner(tensor_kernel(32, body));
    runner.target = "sm_100";
    runner.options.races = level;
    runner.options.schedule = {std::get<1>(GetParam()), 1};
    runner.dynamic_shared_bytes = 8192;
    runner.launch("k", {1, 1, 1}, {256, 1, 1}, runner.allocate(4), runner.allocate(4));
  }
};

TEST_P(TensorRaces, IsReportedAtItsPlace) {
  const PlantedFault& planted = std::get<0>(GetParam());
  try {
    launch(planted.before + planted.after, planted.level);
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), planted.kind) << fault.what();
    EXPECT_THAT(fault.place().ptx_text, testing::HasSubstr(planted.instruction)) << fault.what();
    EXPECT_THAT(fault.message(), testing::HasSubstr(planted.message)) << fault.what();
  }
}

TEST_P(TensorRaces, RepairedTwinPasses) {
  const PlantedFault& planted = std::get<0>(GetParam());
  try {
    launch(planted.before + planted.missing + planted.after, check::RaceLevel::kPedantic);
  } catch (const Fault& fault) {
    FAIL() << fault.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Schedules, TensorRaces,
                         testing::Combine(testing::ValuesIn(kFaults),
                                          testing::Values(ScheduleKind::kEager, ScheduleKind::kLazy,
                                                          ScheduleKind::kRandom)),
                         [](const auto& instance) {
                           return std::string(std::get<0>(instance.param).name) + "_" +
                                  std::to_string(instance.index);
                         });

}  // namespace
}  // namespace emulator
