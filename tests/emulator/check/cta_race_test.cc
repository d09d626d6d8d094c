// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/emulator/check/planted_race.h"

// Planted races between CTAs, through shared memory of the cluster and through global memory.
namespace emulator {
namespace {

const PlantedRace kRaces[] = {
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

    {"two_ctas_write_one_word", FaultKind::kRace, R"(
     + and.pred %p2, %p2, %p4;
       @%p2 st.global.u32 [%in], 1;)",
     "@%p2 st.global.u32 [%in], 1;", "@%p2 st.global.u32 [%in], 1;", 2},
};

class PlantedRacesOfCtas : public testing::TestWithParam<std::tuple<PlantedRace, const char*>> {};

TEST_P(PlantedRacesOfCtas, IsReportedWithBothPlaces) {
  expect_race(std::get<0>(GetParam()), std::get<1>(GetParam()));
}

TEST_P(PlantedRacesOfCtas, RepairedTwinPasses) {
  expect_repaired(std::get<0>(GetParam()), std::get<1>(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Schedules, PlantedRacesOfCtas,
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
