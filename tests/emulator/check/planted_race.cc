// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/check/planted_race.h"

#include <gmock/gmock.h>

#include <sstream>

namespace emulator {
namespace {

std::string trimmed(const std::string& line) {
  const size_t first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first);
}

std::string variant(const PlantedRace& race, bool is_repaired) {
  std::istringstream lines(race.body);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    line = trimmed(line);
    if (line.starts_with(is_repaired ? "- " : "+ ")) continue;
    if (line.starts_with("- ") || line.starts_with("+ ")) line = trimmed(line.substr(1));
    text += line + "\n";
  }
  return kernel_with_two_pointers(kRaceStart + text);
}

void launch(const PlantedRace& race, const char* schedule, bool is_repaired) {
  KernelRunner runner(variant(race, is_repaired));
  ASSERT_TRUE(parse_schedule(schedule, runner.options.schedule));
  runner.options.races = check::RaceLevel::kProxy;
  runner.cluster = {race.cluster_size, 1, 1};
  const uint64_t in = runner.upload(std::vector<uint32_t>(64, 0));
  runner.launch("k", {race.num_ctas, 1, 1}, {64, 1, 1}, runner.allocate(4), in);
}

}  // namespace

const char* const kRaceStart =
    ".reg .b32 %r<9>, %lane, %own, %other;\n.reg .b64 %rd<9>;\n.reg .pred %p<9>;\n"
    ".shared .align 16 .b8 buffer[512];\n.shared .align 8 .b64 barrier, late;\n"
    "mov.u32 %lane, %laneid;\nsetp.lt.u32 %p1, %thread, 32;\nsetp.eq.u32 %p2, %thread, 0;\n"
    "setp.eq.u32 %p3, %lane, 0;\nmov.u32 %r1, %ctaid.x;\nsetp.eq.u32 %p4, %r1, 0;\n"
    "mov.u32 %r1, buffer;\nmad.lo.u32 %own, %thread, 4, %r1;\n"
    "xor.b32 %other, %thread, 32;\nmad.lo.u32 %other, %other, 4, %r1;\n"
    "st.shared.u32 [%own], 0;\nst.shared.u32 [%own+256], 0;\n@%p2 mbarrier.init.shared.b64 "
    "[barrier], 1;\nbar.sync 0;\n";

void PrintTo(const PlantedRace& race, std::ostream* out) {
  *out << race.name;
}

void expect_race(const PlantedRace& race, const char* schedule) {
  try {
    launch(race, schedule, false);
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    // While a copy is under way, touching its memory is reported by the copy's claim on it.
    const bool is_claim = fault.kind() == FaultKind::kAsyncMisuse && race.kind == FaultKind::kRace;
    EXPECT_TRUE(fault.kind() == race.kind || is_claim) << fault.what();
    const bool is_one_later = fault.place().ptx_text == race.one;
    EXPECT_EQ(fault.place().ptx_text, is_one_later ? race.one : race.other) << fault.what();
    const std::string earlier = is_one_later ? race.other : race.one;
    EXPECT_THAT(fault.message(),
                testing::HasSubstr(is_claim ? "an asynchronous operation is still" : earlier));
  }
}

void expect_repaired(const PlantedRace& race, const char* schedule) {
  try {
    launch(race, schedule, true);
  } catch (const Fault& fault) {
    FAIL() << fault.what();
  }
}

}  // namespace emulator
