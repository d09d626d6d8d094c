// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <sstream>

#include "tests/emulator/insn/copy_bugs.h"
#include "tests/emulator/insn/copy_kernel.h"

// Planted bugs of asynchronous copies: each must be found by the right check, at the right place;
// its repaired twin must pass under every schedule.
namespace emulator {

void PrintTo(const CopyBug& bug, std::ostream* out) {
  *out << bug.name;
}

namespace {

std::string trimmed(const std::string& line) {
  const size_t first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first);
}

std::string variant(const CopyBug& bug, bool is_repaired) {
  std::istringstream lines(bug.body);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    line = trimmed(line);
    if (line.starts_with(is_repaired ? "- " : "+ ")) continue;
    if (line.starts_with("- ") || line.starts_with("+ ")) line = trimmed(line.substr(1));
    text += line == "WAIT" ? kWaitForBarrier : line + "\n";
  }
  return copy_kernel(text);
}

void launch(const CopyBug& bug, bool is_repaired, const std::string& schedule) {
  KernelRunner runner(variant(bug, is_repaired));
  ASSERT_TRUE(parse_schedule(schedule, runner.options.schedule));
  runner.cluster = {bug.cluster_size, 1, 1};
  const uint64_t out = runner.allocate(8192);
  const uint64_t in = runner.upload(std::vector<uint32_t>(2048, 1));
  const MapParameter map(matrix_map(in, 64, 32, 32, 8));
  runner.launch("k", {bug.cluster_size, 1, 1}, {32, 1, 1}, out, in, map);
}

constexpr const char* kSchedules[] = {"eager", "lazy", "random:3"};

std::vector<std::string> schedules_that_show(const CopyBug& bug) {
  switch (bug.shows) {
    case CopyBug::Shows::kLate: return {"lazy"};
    case CopyBug::Shows::kEarly: return {"eager"};
    default: return {std::begin(kSchedules), std::end(kSchedules)};
  }
}

std::vector<CopyBug> all_bugs() {
  std::vector<CopyBug> bugs = bulk_copy_bugs();
  for (const CopyBug& bug : tensor_copy_bugs()) bugs.push_back(bug);
  return bugs;
}

class PlantedCopyBugs : public testing::TestWithParam<CopyBug> {};

TEST_P(PlantedCopyBugs, IsReportedAtItsPlace) {
  for (const std::string& schedule : schedules_that_show(GetParam())) {
    try {
      launch(GetParam(), false, schedule);
      ADD_FAILURE() << "nothing was reported under " << schedule;
    } catch (const Fault& fault) {
      EXPECT_EQ(fault.kind(), GetParam().kind) << schedule << ": " << fault.what();
      EXPECT_EQ(fault.place().ptx_text, GetParam().ptx_text) << schedule << ": " << fault.what();
    }
  }
}

TEST_P(PlantedCopyBugs, RepairedTwinPasses) {
  for (const std::string schedule : kSchedules) {
    try {
      launch(GetParam(), true, schedule);
    } catch (const Fault& fault) {
      ADD_FAILURE() << schedule << ": " << fault.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PlantedCopyBugs, testing::ValuesIn(all_bugs()),
                         [](const auto& bug) { return std::string(bug.param.name); });

}  // namespace
}  // namespace emulator
