// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/emulator/check/planted_race.h"

// Planted races between threads and the copy engine, and between the CTAs of a cluster.
namespace emulator {
namespace {

const PlantedRace kRaces[] = {
    {"stored_from_shared_memory_without_proxy_fence", FaultKind::kMissingProxyFence, R"(
       st.shared.u32 [%own], %thread;
     + fence.proxy.async.shared::cta;
       bar.sync 0;
       @!%p2 bra DONE;
       cp.async.bulk.global.shared::cta.bulk_group [%in], [buffer], 256;
       cp.async.bulk.commit_group;
       cp.async.bulk.wait_group 0;
     DONE:)",
     "cp.async.bulk.global.shared::cta.bulk_group [%in], [buffer], 256;",
     "st.shared.u32 [%own], %thread;"},

    {"proxy_fence_ahead_of_the_store", FaultKind::kMissingProxyFence, R"(
     - fence.proxy.async.shared::cta;
       st.shared.u32 [%own], %thread;
     + fence.proxy.async.shared::cta;
       bar.sync 0;
       @!%p2 bra DONE;
       cp.async.bulk.global.shared::cta.bulk_group [%in], [buffer], 256;
       cp.async.bulk.commit_group;
       cp.async.bulk.wait_group 0;
     DONE:)",
     "cp.async.bulk.global.shared::cta.bulk_group [%in], [buffer], 256;",
     "st.shared.u32 [%own], %thread;"},

    {"proxy_fence_of_the_issuing_warp_alone", FaultKind::kMissingProxyFence, R"(
       st.shared.u32 [%own], %thread;
     - @%p1 fence.proxy.async.shared::cta;
     + fence.proxy.async.shared::cta;
       bar.sync 0;
       @!%p2 bra DONE;
       cp.async.bulk.global.shared::cta.bulk_group [%in], [buffer], 256;
       cp.async.bulk.commit_group;
       cp.async.bulk.wait_group 0;
     DONE:)",
     "cp.async.bulk.global.shared::cta.bulk_group [%in], [buffer], 256;",
     "st.shared.u32 [%own], %thread;"},

    {"copied_from_shared_memory_without_barrier", FaultKind::kRace, R"(
       st.shared.u32 [%own], %thread;
       fence.proxy.async.shared::cta;
     + bar.sync 0;
       @!%p2 bra DONE;
       cp.async.bulk.global.shared::cta.bulk_group [%in], [buffer], 256;
       cp.async.bulk.commit_group;
       cp.async.bulk.wait_group 0;
     DONE:)",
     "cp.async.bulk.global.shared::cta.bulk_group [%in], [buffer], 256;",
     "st.shared.u32 [%own], %thread;"},

    {"shared_memory_reused_while_a_copy_reads_it", FaultKind::kRace, R"(
       fence.proxy.async.shared::cta;
       bar.sync 0;
       @!%p2 bra ISSUED;
       cp.async.bulk.global.shared::cta.bulk_group [%in], [buffer], 256;
       cp.async.bulk.commit_group;
     + cp.async.bulk.wait_group.read 0;
     ISSUED:
       bar.sync 0;
       st.shared.u32 [%own], %thread;
       @!%p2 bra DONE;
       cp.async.bulk.wait_group 0;
     DONE:)",
     "st.shared.u32 [%own], %thread;",
     "cp.async.bulk.global.shared::cta.bulk_group [%in], [buffer], 256;"},

    {"cleared_memory_loaded_without_proxy_fence", FaultKind::kMissingProxyFence, R"(
       st.shared.u32 [%own], 0;
     + fence.proxy.async.shared::cta;
       bar.sync 0;
       @!%p2 bra WAIT;
       mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 256;
       cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [buffer], [%in], 256, [barrier];
     WAIT:
       mbarrier.try_wait.parity.shared.b64 %p5, [barrier], 0;
       @!%p5 bra WAIT;
       ld.shared.u32 %r5, [%own];)",
     "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [buffer], [%in], 256, "
     "[barrier];",
     "st.shared.u32 [%own], 0;"},

    {"loaded_copy_read_by_a_warp_that_does_not_wait", FaultKind::kRace, R"(
       fence.proxy.async.shared::cta;
       bar.sync 0;
       @!%p2 bra ISSUED;
       mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 256;
       cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [buffer], [%in], 256, [barrier];
     ISSUED:
     - @!%p1 bra READ;
     WAIT:
       mbarrier.try_wait.parity.shared.b64 %p5, [barrier], 0;
       @!%p5 bra WAIT;
     READ:
       ld.shared.u32 %r5, [%own];)",
     "ld.shared.u32 %r5, [%own];",
     "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [buffer], [%in], 256, "
     "[barrier];"},

    {"peer_writes_what_is_still_read", FaultKind::kRace, R"(
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;
       mapa.shared::cluster.u32 %r5, %own, 0;
       @%p4 ld.shared.u32 %r6, [%own];
     + barrier.cluster.arrive.aligned;
     + barrier.cluster.wait.aligned;
       @!%p4 st.shared::cluster.u32 [%r5], 5;
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;)",
     "@!%p4 st.shared::cluster.u32 [%r5], 5;", "@%p4 ld.shared.u32 %r6, [%own];", 2, 2},

    {"peer_adds_to_what_is_still_read", FaultKind::kRace, R"(
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;
       mapa.shared::cluster.u32 %r5, %own, 0;
       @%p4 st.shared.u32 [%own], 7;
     + barrier.cluster.arrive.aligned;
     + barrier.cluster.wait.aligned;
       @!%p4 red.relaxed.cluster.shared::cluster.add.u32 [%r5], 5;
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;)",
     "@!%p4 red.relaxed.cluster.shared::cluster.add.u32 [%r5], 5;", "@%p4 st.shared.u32 [%own], 7;",
     2, 2},

    {"sent_to_the_peer_without_proxy_fence", FaultKind::kMissingProxyFence, R"(
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;
       st.shared.u32 [%own], %thread;
     + fence.proxy.async.shared::cta;
       bar.sync 0;
       and.pred %p5, %p2, %p4;
       @%p5 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 128;
       not.pred %p6, %p4;
       and.pred %p6, %p6, %p2;
       mov.u32 %r5, buffer;
       add.u32 %r6, %r5, 256;
       mapa.shared::cluster.u32 %r6, %r6, 0;
       mov.u32 %r7, barrier;
       mapa.shared::cluster.u32 %r7, %r7, 0;
       @%p6 cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%r6], [%r5], 128, [%r7];
       @!%p4 bra DONE;
     WAIT:
       mbarrier.try_wait.parity.shared.b64 %p5, [barrier], 0;
       @!%p5 bra WAIT;
       ld.shared.u32 %r8, [buffer+256];
     DONE:
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;)",
     "@%p6 cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%r6], [%r5], "
     "128, [%r7];",
     "st.shared.u32 [%own], %thread;", 2, 2},
};

class ProxyRaces : public testing::TestWithParam<std::tuple<PlantedRace, const char*>> {};

TEST_P(ProxyRaces, IsReportedWithBothPlaces) {
  expect_race(std::get<0>(GetParam()), std::get<1>(GetParam()));
}

TEST_P(ProxyRaces, RepairedTwinPasses) {
  expect_repaired(std::get<0>(GetParam()), std::get<1>(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Schedules, ProxyRaces,
                         testing::Combine(testing::ValuesIn(kRaces),
                                          testing::Values("eager", "lazy", "random:1")),
                         [](const auto& instance) {
                           return std::string(std::get<0>(instance.param).name) + "_" +
                                  std::string(std::get<1>(instance.param)).substr(0, 4);
                         });

}  // namespace
}  // namespace emulator
