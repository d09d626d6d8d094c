// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/emulator/kernel_runner.h"

namespace emulator {
namespace {

// Runs the body in `num_threads` threads; each stores %value to out[thread].
std::vector<uint32_t> run(const std::string& body, uint32_t num_threads, Extent cluster = {}) {
  KernelRunner runner(kernel_with_two_pointers(
      ".reg .b32 %value, %r<9>, %flat;\n.reg .b64 %rd<9>;\n.reg .pred %p<9>;\n"
      ".shared .align 8 .b64 barrier;\n.shared .align 4 .b32 word;\n" +
      body +
      "\nmov.u32 %flat, %ctaid.x;\nmov.u32 %r8, %ntid.x;\nmad.lo.u32 %flat, %flat, %r8, %thread;\n"
      "mul.wide.u32 %offset, %flat, 4;\nadd.s64 %here, %out, %offset;\n"
      "st.global.u32 [%here], %value;"));
  runner.cluster = cluster;
  const uint32_t num_ctas = static_cast<uint32_t>(cluster.count());
  const uint64_t out = runner.allocate(num_threads * num_ctas * 4);
  runner.launch("k", {num_ctas, 1, 1}, {num_threads, 1, 1}, out, runner.allocate(4));
  return runner.download<uint32_t>(out, num_threads * num_ctas);
}

TEST(Divergence, LanesMeetAgainBehindABranch) {
  const auto out =
      run("setp.lt.u32 %p1, %thread, 10;\n@%p1 bra LOW;\nmov.u32 %value, 200;\nbra JOIN;\n"
          "LOW:\nmov.u32 %value, 100;\nJOIN:\nactivemask.b32 %r1;\npopc.b32 %r1, %r1;\n"
          "add.u32 %value, %value, %r1;",
          32);
  for (int lane = 0; lane < 32; ++lane) EXPECT_EQ(out[lane], (lane < 10 ? 100u : 200u) + 32);
}

TEST(Divergence, LoopsRunAsOftenAsEachLaneAsks) {
  const auto out =
      run("mov.u32 %value, 0;\nmov.u32 %r1, %thread;\nLOOP:\nadd.u32 %value, %value, %r1;\n"
          "setp.eq.u32 %p1, %r1, 0;\n@%p1 bra DONE;\nsub.u32 %r1, %r1, 1;\nbra LOOP;\nDONE:\n",
          64);
  for (uint32_t thread = 0; thread < 64; ++thread) {
    EXPECT_EQ(out[thread], thread * (thread + 1) / 2);
  }
}

TEST(Divergence, AShuffleWaitsForLanesOnAnotherPath) {
  const auto out =
      run("setp.lt.u32 %p1, %thread, 16;\nmov.u32 %value, %thread;\n@%p1 bra FIRST;\n"
          "add.u32 %value, %value, 100;\nFIRST:\nshfl.sync.bfly.b32 %value, %value, 16, 31, -1;",
          32);
  for (uint32_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(out[lane], lane < 16 ? lane + 116 : lane - 16);
  }
}

TEST(Divergence, ABarrierCountsAWarpWhoseOtherLanesHaveEnded) {
  const auto out =
      run("mov.u32 %value, 1;\nmov.u32 %r1, 0;\nsetp.ge.u32 %p1, %thread, 8;\nsetp.lt.u32 %p2, "
          "%thread, 16;\n"
          "and.pred %p1, %p1, %p2;\n@%p1 bra OUT;\nbar.sync 0;\nmov.u32 %value, 2;\nOUT:\n",
          32);
  EXPECT_EQ(out[0], 2u);
  EXPECT_EQ(out[9], 1u);
}

TEST(Divergence, ASpinningLaneLetsTheOneItWaitsForRun) {
  const auto out =
      run("setp.eq.u32 %p1, %thread, 0;\n@%p1 st.shared.u32 [word], 0;\nbar.sync 0;\n"
          "@%p1 bra WRITER;\nSPIN:\nld.volatile.shared.u32 %value, [word];\n"
          "setp.eq.u32 %p2, %value, 0;\n@%p2 bra SPIN;\nbra JOIN;\n"
          "WRITER:\nst.volatile.shared.u32 [word], 7;\nmov.u32 %value, 7;\nJOIN:\n",
          32);
  for (const uint32_t value : out) EXPECT_EQ(value, 7u);
}

TEST(Cluster, CtasReadEachOthersSharedMemory) {
  const auto out =
      run("mov.u32 %r1, word;\nmov.u32 %r2, %cluster_ctarank;\nsetp.eq.u32 %p1, %thread, 0;\n"
          "add.u32 %r3, %r2, 50;\n@%p1 st.shared.u32 [%r1], %r3;\n"
          "barrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;\n"
          "xor.b32 %r4, %r2, 1;\nmapa.shared::cluster.u32 %r5, %r1, %r4;\n"
          "ld.shared::cluster.u32 %value, [%r5];\n"
          "barrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;",
          32, {2, 1, 1});
  EXPECT_EQ(out[0], 51u);
  EXPECT_EQ(out[32], 50u);
}

TEST(Mbarrier, OneWarpWaitsForAnother) {
  const auto out = run(
      "setp.eq.u32 %p1, %thread, 0;\n@%p1 mbarrier.init.shared.b64 [barrier], 32;\nbar.sync 0;\n"
      "setp.lt.u32 %p2, %thread, 32;\n@%p2 bra WAITER;\nst.shared.u32 [word], 9;\n"
      "mbarrier.arrive.shared.b64 %rd1, [barrier];\nmov.u32 %value, 1;\nbra JOIN;\n"
      "WAITER:\nmbarrier.try_wait.parity.shared.b64 %p3, [barrier], 0;\n@!%p3 bra WAITER;\n"
      "ld.shared.u32 %value, [word];\nJOIN:\n",
      64);
  EXPECT_EQ(out[0], 9u);
  EXPECT_EQ(out[63], 1u);
}

}  // namespace
}  // namespace emulator
