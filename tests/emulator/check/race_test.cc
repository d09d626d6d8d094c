// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/emulator/check/planted_race.h"

// Planted races of ordinary accesses and of cp.async.
namespace emulator {
namespace {

const PlantedRace kRaces[] = {
    {"load_without_barrier", FaultKind::kRace, R"(
       st.shared.u32 [%own], %thread;
     + bar.sync 0;
       ld.shared.u32 %r5, [%other];)",
     "ld.shared.u32 %r5, [%other];", "st.shared.u32 [%own], %thread;"},

    {"second_round_overwrites_without_barrier", FaultKind::kRace, R"(
       mov.u32 %r6, 0;
     AGAIN:
       st.shared.u32 [%own], %r6;
       bar.sync 0;
       ld.shared.u32 %r5, [%other];
     + bar.sync 0;
       add.u32 %r6, %r6, 1;
       setp.lt.u32 %p5, %r6, 2;
       @%p5 bra AGAIN;)",
     "st.shared.u32 [%own], %r6;", "ld.shared.u32 %r5, [%other];"},

    {"lane_arrives_for_its_warp_without_warp_sync", FaultKind::kRace, R"(
       @%p1 bra CONSUMER;
       st.shared.u32 [%own], %thread;
     + bar.warp.sync -1;
       @%p3 mbarrier.arrive.shared.b64 %rd1, [barrier];
       bra DONE;
     CONSUMER:
       mbarrier.try_wait.parity.shared.b64 %p5, [barrier], 0;
       @!%p5 bra CONSUMER;
       ld.shared.u32 %r5, [%other];
     DONE:)",
     "ld.shared.u32 %r5, [%other];", "st.shared.u32 [%own], %thread;"},

    {"lanes_exchange_without_warp_sync", FaultKind::kRace, R"(
       st.shared.u32 [%own], %thread;
     + bar.warp.sync -1;
       xor.b32 %r5, %own, 4;
       ld.shared.u32 %r6, [%r5];)",
     "ld.shared.u32 %r6, [%r5];", "st.shared.u32 [%own], %thread;"},

    {"relaxed_arrival", FaultKind::kRace, R"(
       @%p1 bra CONSUMER;
       st.shared.u32 [%own], %thread;
       bar.warp.sync -1;
     - @%p3 mbarrier.arrive.relaxed.cta.shared.b64 %rd1, [barrier];
     + @%p3 mbarrier.arrive.release.cta.shared.b64 %rd1, [barrier];
       bra DONE;
     CONSUMER:
       mbarrier.try_wait.parity.shared.b64 %p5, [barrier], 0;
       @!%p5 bra CONSUMER;
       ld.shared.u32 %r5, [%other];
     DONE:)",
     "ld.shared.u32 %r5, [%other];", "st.shared.u32 [%own], %thread;"},

    {"arrival_before_the_store", FaultKind::kRace, R"(
       @%p1 bra CONSUMER;
     - bar.arrive 1, 64;
       st.shared.u32 [%own], %thread;
     + bar.arrive 1, 64;
       bra DONE;
     CONSUMER:
       bar.sync 1, 64;
       ld.shared.u32 %r5, [%other];
     DONE:)",
     "ld.shared.u32 %r5, [%other];", "st.shared.u32 [%own], %thread;"},

    {"wait_for_the_phase_before", FaultKind::kRace, R"(
       @%p1 bra CONSUMER;
     - bar.sync 1, 64;
       st.shared.u32 [%own], %thread;
       bar.warp.sync -1;
       @%p3 mbarrier.arrive.shared.b64 %rd1, [barrier];
       bra DONE;
     CONSUMER:
     - mbarrier.try_wait.parity.shared.b64 %p5, [barrier], 1;
     - bar.arrive 1, 64;
     + mbarrier.try_wait.parity.shared.b64 %p5, [barrier], 0;
       @!%p5 bra CONSUMER;
       ld.shared.u32 %r5, [%other];
     DONE:)",
     "ld.shared.u32 %r5, [%other];", "st.shared.u32 [%own], %thread;"},

    {"mbarrier_used_by_another_lane_without_warp_sync", FaultKind::kRace, R"(
       @%p2 mbarrier.init.shared.b64 [late], 1;
     + bar.warp.sync -1;
       setp.eq.u32 %p5, %thread, 1;
       @%p5 mbarrier.arrive.shared.b64 %rd1, [late];)",
     "@%p5 mbarrier.arrive.shared.b64 %rd1, [late];", "@%p2 mbarrier.init.shared.b64 [late], 1;"},

    {"copy_read_before_it_is_waited_for", FaultKind::kRace, R"(
       cp.async.ca.shared.global [%own], [%in], 4;
       cp.async.commit_group;
     + cp.async.wait_group 0;
       ld.shared.u32 %r5, [%own];)",
     "ld.shared.u32 %r5, [%own];", "cp.async.ca.shared.global [%own], [%in], 4;"},

    {"wait_for_one_group_too_few", FaultKind::kRace, R"(
       cp.async.ca.shared.global [%own], [%in], 4;
       cp.async.commit_group;
       cp.async.ca.shared.global [%own+256], [%in], 4;
       cp.async.commit_group;
     - cp.async.wait_group 1;
     + cp.async.wait_group 0;
       ld.shared.u32 %r5, [%own];
       ld.shared.u32 %r6, [%own+256];)",
     "ld.shared.u32 %r6, [%own+256];", "cp.async.ca.shared.global [%own+256], [%in], 4;"},

    {"copy_of_another_warp_without_barrier", FaultKind::kRace, R"(
       cp.async.ca.shared.global [%own], [%in], 4;
       cp.async.wait_all;
     + bar.sync 0;
       ld.shared.u32 %r5, [%other];)",
     "ld.shared.u32 %r5, [%other];", "cp.async.ca.shared.global [%own], [%in], 4;"},

    {"copy_overwritten_under_way", FaultKind::kRace, R"(
       cp.async.ca.shared.global [%own], [%in], 4;
     + cp.async.wait_all;
       st.shared.u32 [%own], 3;)",
     "st.shared.u32 [%own], 3;", "cp.async.ca.shared.global [%own], [%in], 4;"},

    {"relaxed_cluster_arrival", FaultKind::kRace, R"(
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;
       mapa.shared::cluster.u32 %r5, %own, 0;
       @!%p4 st.shared::cluster.u32 [%r5], 5;
     - barrier.cluster.arrive.relaxed.aligned;
     + barrier.cluster.arrive.release.aligned;
       barrier.cluster.wait.aligned;
       ld.shared.u32 %r6, [%own];
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;)",
     "ld.shared.u32 %r6, [%own];", "@!%p4 st.shared::cluster.u32 [%r5], 5;", 2, 2},

    {"peer_uses_mbarrier_without_init_fence", FaultKind::kRace, R"(
       @%p2 mbarrier.init.shared.b64 [late], 1;
     + @%p2 fence.mbarrier_init.release.cluster;
       barrier.cluster.arrive.relaxed.aligned;
       barrier.cluster.wait.acquire.aligned;
       mov.u32 %r5, late;
       mapa.shared::cluster.u32 %r5, %r5, 0;
       setp.eq.and.u32 %p5, %thread, 0, !%p4;
       @%p5 mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r5];
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;)",
     "@%p5 mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r5];",
     "@%p2 mbarrier.init.shared.b64 [late], 1;", 2, 2},

    {"peer_arrives_without_warp_sync", FaultKind::kRace, R"(
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;
       mov.u32 %r5, barrier;
       mapa.shared::cluster.u32 %r5, %r5, 0;
       mapa.shared::cluster.u32 %r6, %own, 0;
       @!%p1 bra DONE;
       @!%p4 st.shared::cluster.u32 [%r6], 5;
     + bar.warp.sync -1;
       not.pred %p5, %p4;
       and.pred %p5, %p5, %p2;
       @%p5 mbarrier.arrive.shared::cluster.b64 _, [%r5];
       @!%p4 bra DONE;
     WAIT:
       mbarrier.try_wait.parity.shared.b64 %p5, [barrier], 0;
       @!%p5 bra WAIT;
       ld.shared.u32 %r7, [%own];
     DONE:
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;)",
     "ld.shared.u32 %r7, [%own];", "@!%p4 st.shared::cluster.u32 [%r6], 5;", 2, 2},

    {"init_fence_of_another_thread", FaultKind::kRace, R"(
       @%p2 mbarrier.init.shared.b64 [late], 1;
     - bar.warp.sync -1;
     - @!%p2 fence.mbarrier_init.release.cluster;
     + @%p2 fence.mbarrier_init.release.cluster;
       barrier.cluster.arrive.relaxed.aligned;
       barrier.cluster.wait.aligned;
       setp.eq.u32 %p5, %thread, 40;
       @%p5 mbarrier.arrive.shared.b64 %rd1, [late];)",
     "@%p5 mbarrier.arrive.shared.b64 %rd1, [late];", "@%p2 mbarrier.init.shared.b64 [late], 1;"},

    {"init_fence_where_stores_need_a_full_one", FaultKind::kRace, R"(
       st.shared.u32 [%own], %thread;
     - fence.mbarrier_init.release.cluster;
     + fence.acq_rel.cluster;
       barrier.cluster.arrive.relaxed.aligned;
       barrier.cluster.wait.aligned;
       ld.shared.u32 %r5, [%other];)",
     "ld.shared.u32 %r5, [%other];", "st.shared.u32 [%own], %thread;"},

    {"relaxed_mbarrier_without_fences", FaultKind::kRace, R"(
       @%p1 bra CONSUMER;
       st.shared.u32 [%own], %thread;
       bar.warp.sync -1;
     + fence.acq_rel.cta;
       @%p3 mbarrier.arrive.relaxed.cta.shared.b64 %rd1, [barrier];
       bra DONE;
     CONSUMER:
       mbarrier.try_wait.parity.relaxed.cta.shared.b64 %p5, [barrier], 0;
       @!%p5 bra CONSUMER;
       fence.acq_rel.cta;
       ld.shared.u32 %r5, [%other];
     DONE:)",
     "ld.shared.u32 %r5, [%other];", "st.shared.u32 [%own], %thread;"},

    {"flag_published_without_release", FaultKind::kRace, R"(
       @!%p2 bra DONE;
       @%p4 bra CONSUMER;
       st.global.u32 [%in+64], 9;
     - st.relaxed.gpu.global.u32 [%in], 1;
     + st.release.gpu.global.u32 [%in], 1;
       bra DONE;
     CONSUMER:
       ld.acquire.gpu.global.u32 %r5, [%in];
       setp.ne.u32 %p5, %r5, 1;
       @%p5 bra CONSUMER;
       ld.global.u32 %r6, [%in+64];
     DONE:)",
     "ld.global.u32 %r6, [%in+64];", "st.global.u32 [%in+64], 9;", 2},

    {"flag_without_fences", FaultKind::kRace, R"(
       @!%p2 bra DONE;
       @%p4 bra CONSUMER;
       st.global.u32 [%in+64], 9;
     + fence.acq_rel.gpu;
       atom.global.add.u32 %r5, [%in], 1;
       bra DONE;
     CONSUMER:
       ld.volatile.global.u32 %r5, [%in];
       setp.eq.u32 %p5, %r5, 0;
       @%p5 bra CONSUMER;
       fence.acq_rel.gpu;
       ld.global.u32 %r6, [%in+64];
     DONE:)",
     "ld.global.u32 %r6, [%in+64];", "st.global.u32 [%in+64], 9;", 2},

    {"flag_of_too_narrow_scope", FaultKind::kRace, R"(
       @!%p2 bra DONE;
     - @%p4 red.relaxed.cta.global.add.u32 [%in], 1;
     + @%p4 red.relaxed.gpu.global.add.u32 [%in], 1;
       @!%p4 red.relaxed.gpu.global.add.u32 [%in], 1;
     DONE:)",
     "@%p4 red.relaxed.cta.global.add.u32 [%in], 1;",
     "@!%p4 red.relaxed.gpu.global.add.u32 [%in], 1;", 2},

    {"plain_store_beside_an_atomic", FaultKind::kRace, R"(
     - @%p1 st.shared.u32 [buffer+256], 1;
     + @%p1 red.shared.add.u32 [buffer+256], 1;
       @!%p1 red.shared.add.u32 [buffer+256], 1;)",
     "@%p1 st.shared.u32 [buffer+256], 1;", "@!%p1 red.shared.add.u32 [buffer+256], 1;"},

    {"two_ctas_write_one_word", FaultKind::kRace, R"(
     + and.pred %p2, %p2, %p4;
       @%p2 st.global.u32 [%in], 1;)",
     "@%p2 st.global.u32 [%in], 1;", "@%p2 st.global.u32 [%in], 1;", 2},
};

class PlantedRaces : public testing::TestWithParam<std::tuple<PlantedRace, const char*>> {};

TEST_P(PlantedRaces, IsReportedWithBothPlaces) {
  expect_race(std::get<0>(GetParam()), std::get<1>(GetParam()));
}

TEST_P(PlantedRaces, RepairedTwinPasses) {
  expect_repaired(std::get<0>(GetParam()), std::get<1>(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Schedules, PlantedRaces,
                         testing::Combine(testing::ValuesIn(kRaces),
                                          testing::Values("eager", "lazy", "random:1")),
                         [](const auto& instance) {
                           return std::string(std::get<0>(instance.param).name) + "_" +
                                  std::string(std::get<1>(instance.param)).substr(0, 4);
                         });

// The loop in the CUDA programming guide that makes an atomic operation of atomicCAS.
TEST(ReadBesideAtomics, IsAMatterOfPedantry) {
  const std::string text = kernel_with_two_pointers(std::string(kRaceStart) + R"(
    ld.global.u32 %r5, [%in];
    AGAIN:
    mov.u32 %r6, %r5;
    max.u32 %r7, %r6, %thread;
    atom.global.cas.b32 %r5, [%in], %r6, %r7;
    setp.ne.u32 %p5, %r5, %r6;
    @%p5 bra AGAIN;)");
  KernelRunner runner(text);
  runner.options.races = check::RaceLevel::kProxy;
  const uint64_t in = runner.upload(std::vector<uint32_t>(1, 0));
  runner.launch("k", {2, 1, 1}, {64, 1, 1}, runner.allocate(4), in);
  EXPECT_EQ(runner.download<uint32_t>(in, 1)[0], 63u);
  runner.options.races = check::RaceLevel::kPedantic;
  EXPECT_THROW(runner.launch("k", {2, 1, 1}, {64, 1, 1}, runner.allocate(4), in), Fault);
}

}  // namespace
}  // namespace emulator
