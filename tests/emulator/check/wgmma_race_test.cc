// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/emulator/kernel_runner.h"
#include "tests/emulator/silicon/wgmma_kernel.h"

// Planted races between the stores that fill shared memory and a product of the warpgroup.
namespace emulator {
namespace {

struct PlantedRace {
  const char* name;
  const char* right;  // a line of the kernel
  const char* wrong;  // what stands there instead
  FaultKind kind;
};

const PlantedRace kRaces[] = {
    {"product_without_proxy_fence", "fence.proxy.async.shared::cta;\n", "",
     FaultKind::kMissingProxyFence},
    {"proxy_fence_of_one_warp_alone", "fence.proxy.async.shared::cta;\n",
     ".reg .pred %first;\nsetp.lt.u32 %first, %thread, 32;\n"
     "@%first fence.proxy.async.shared::cta;\n",
     FaultKind::kMissingProxyFence},
    {"one_warp_of_the_product_does_not_wait", "bar.sync 0;\n",
     ".reg .pred %last;\nsetp.ge.u32 %last, %thread, 96;\n@%last bar.arrive 0, 128;\n"
     "@!%last bar.sync 0, 128;\n",
     FaultKind::kRace},
};

void PrintTo(const PlantedRace& race, std::ostream* out) {
  *out << race.name;
}

void launch(const std::string& module, const char* schedule, bool follows_manual = true) {
  silicon::WgmmaCase c;
  c.n = 16;
  KernelRunner runner(module);
  ASSERT_TRUE(parse_schedule(schedule, runner.options.schedule));
  runner.options.races = check::RaceLevel::kProxy;
  runner.options.follows_manual = follows_manual;
  const uint64_t out =
      runner.allocate(4 * silicon::kWarpgroupThreads * static_cast<uint64_t>(c.num_registers()));
  const uint64_t in = runner.upload(silicon::wgmma_input(c));
  runner.launch("k", {1, 1, 1}, {silicon::kWarpgroupThreads, 1, 1}, out, in);
}

std::string right_kernel() {
  silicon::WgmmaCase c;
  c.n = 16;
  return silicon::wgmma_module(c);
}

class WgmmaRaces : public testing::TestWithParam<std::tuple<PlantedRace, const char*>> {};

TEST_P(WgmmaRaces, AreReportedAtTheProduct) {
  const auto& [race, schedule] = GetParam();
  std::string text = right_kernel();
  const size_t place = text.find(race.right);
  ASSERT_NE(place, std::string::npos);
  text.replace(place, std::string(race.right).size(), race.wrong);
  try {
    launch(text, schedule);
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), race.kind) << fault.what();
    EXPECT_THAT(fault.place().ptx_text, testing::StartsWith("wgmma.mma_async"));
    EXPECT_THAT(fault.message(), testing::HasSubstr("st.shared.v4.b32"));
  }
}

// At random one store may come so late that it is reported itself, as an overwritten operand.
INSTANTIATE_TEST_SUITE_P(Schedules, WgmmaRaces,
                         testing::Combine(testing::ValuesIn(kRaces),
                                          testing::Values("eager", "lazy")));

// Hardware begins the product when all four warps have issued it.
TEST(HardwareRules, NoBarrierBetweenTheWarpsOfAProduct) {
  std::string text = right_kernel();
  const std::string barrier = "bar.sync 0;\n";
  text.erase(text.find(barrier), barrier.size());
  for (const char* schedule : {"eager", "lazy", "random:1", "random:2"}) {
    EXPECT_NO_THROW(launch(text, schedule, false)) << schedule;
  }
}

TEST(WgmmaWithoutRace, RepairedTwinPasses) {
  for (const char* schedule : {"eager", "lazy", "random:1", "random:2"}) {
    EXPECT_NO_THROW(launch(right_kernel(), schedule)) << schedule;
  }
}

}  // namespace
}  // namespace emulator
