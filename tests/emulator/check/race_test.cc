// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/emulator/check/planted_race.h"

// Planted races between the threads of a CTA: ordinary accesses and cp.async.
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

    {"plain_store_beside_an_atomic", FaultKind::kRace, R"(
     - @%p1 st.shared.u32 [buffer+256], 1;
     + @%p1 red.shared.add.u32 [buffer+256], 1;
       @!%p1 red.shared.add.u32 [buffer+256], 1;)",
     "@%p1 st.shared.u32 [buffer+256], 1;", "@!%p1 red.shared.add.u32 [buffer+256], 1;"},
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

}  // namespace
}  // namespace emulator
