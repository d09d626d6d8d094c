// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/emulator/insn/tensor_kernel.h"

// A stage of shared memory that a copy fills, a product reads and its commit gives back to whoever
// copies: the commit passes on that the product came after the first copy.
namespace emulator {
namespace {

// Thread 0 issues a product of 64 x 8 whose operands are the stage; thread 32 fills it twice.
std::string two_rounds(bool waits_for_product) {
  const auto copy = [](const std::string& barrier) {
    return "mbarrier.arrive.expect_tx.shared::cta.b64 _, " + barrier +
           ", 2048;\ncp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r10], "
           "[%in], 2048, " +
           barrier + ";\n";
  };
  const std::string barrier = waits_for_product ? "[%r14+8]" : "[%r14]";
  const std::string wait = "released:\nmbarrier.try_wait.parity.shared::cta.b64 %p4, " + barrier +
                           ", 0;\n@!%p4 bra released;\n";
  return "mov.u32 %r14, barriers;\nmov.u32 %r10, buffer;\n"
         "@%is_leader mbarrier.init.shared::cta.b64 [%r14], 1;\n"
         "@%is_leader mbarrier.init.shared::cta.b64 [%r14+8], 1;\n"
         "@%is_leader mbarrier.init.shared::cta.b64 [%r14+16], 1;\nfence.proxy.async;\nbar.sync "
         "0;\n"
         "setp.eq.u32 %p1, %thread, 32;\n@%p1 bra copies;\n@!%is_leader bra over;\n"
         "loaded:\nmbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14], 0;\n@!%p4 bra loaded;\n"
         "tcgen05.fence::after_thread_sync;\n"
         "shr.u32 %r11, %r10, 4;\ncvt.u64.u32 %rd1, %r11;\nor.b64 %rd1, %rd1, 70403108110336;\n"
         "mov.u32 %r12, 67239952;\nsetp.ne.u32 %p5, %r12, %r12;\n"
         "tcgen05.mma.cta_group::1.kind::f16 [%tmem], %rd1, %rd1, %r12, %p5;\n"
         "tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 [%r14+8];\n"
         "done:\nmbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14+8], 0;\n@!%p4 bra done;\n"
         "bra over;\n"
         "copies:\n" +
         copy("[%r14]") + wait + copy("[%r14+16]") +
         "filled:\nmbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14+16], 0;\n@!%p4 bra filled;\n"
         "over:\nbar.warp.sync -1;\n";
}

void launch(const std::string& body, ScheduleKind schedule) {
  KernelRunner runner(tensor_kernel(32, body));
  runner.target = "sm_100";
  runner.options.races = check::RaceLevel::kPedantic;
  runner.options.schedule = {schedule, 1};
  runner.dynamic_shared_bytes = 4096;
  runner.launch("k", {1, 1, 1}, {128, 1, 1}, runner.allocate(4), runner.allocate(2048));
}

constexpr ScheduleKind kSchedules[] = {ScheduleKind::kEager, ScheduleKind::kLazy,
                                       ScheduleKind::kRandom};

TEST(TensorStage, IsFilledAgainBehindTheCommit) {
  for (const ScheduleKind schedule : kSchedules)
    EXPECT_NO_THROW(launch(two_rounds(true), schedule));
}

TEST(TensorStage, FilledAgainAtOnceIsReported) {
  for (const ScheduleKind schedule : kSchedules) {
    try {
      launch(two_rounds(false), schedule);
      FAIL() << "nothing was reported";
    } catch (const Fault& fault) {
      EXPECT_THAT(fault.place().ptx_text, testing::AnyOf(testing::HasSubstr("cp.async.bulk"),
                                                         testing::HasSubstr("tcgen05.mma")));
    }
  }
}

}  // namespace
}  // namespace emulator
