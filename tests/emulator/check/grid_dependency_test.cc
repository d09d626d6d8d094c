// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "emulator/core/grid_row.h"
#include "tests/emulator/kernel_runner.h"

// Grids that overlap (programmatic dependent launch).
namespace emulator {
namespace {

// first: out[i] = 7. copy: out[i] = in[i]. The others are copy with a planted fault.
std::string module_text() {
  const auto kernel = [](const std::string& name, const std::string& body) {
    return ".visible .entry " + name +
           "(.param .u64 p0, .param .u64 p1)\n{\n.reg .b32 %r<4>;\n.reg .b64 %rd<6>;\n"
           ".reg .pred %p<2>;\nld.param.u64 %rd1, [p0];\nld.param.u64 %rd2, [p1];\n"
           "mov.u32 %r1, %tid.x;\nmul.wide.u32 %rd3, %r1, 4;\nadd.s64 %rd1, %rd1, %rd3;\n"
           "add.s64 %rd2, %rd2, %rd3;\n" +
           body + "ret;\n}\n";
  };
  const std::string wait = "griddepcontrol.wait;\n";
  const std::string trigger = "griddepcontrol.launch_dependents;\n";
  const std::string load = "ld.global.u32 %r2, [%rd2];\n";
  const std::string store = "st.global.u32 [%rd1], %r2;\n";
  return ".version 9.0\n.target sm_90a\n.address_size 64\n" +
         kernel("first", "mov.u32 %r2, 7;\n" + store + trigger) +
         kernel("copy", wait + load + store + trigger) +
         kernel("copy_and_trigger_first", trigger + wait + load + store) +
         kernel("copy_without_wait", load + store) +
         kernel("copy_before_wait", load + wait + store) +
         kernel("store_before_wait", "mov.u32 %r2, 9;\n" + store + wait + load);
}

struct Step {
  const char* kernel;
  int out;  // numbers of buffers
  int in;
};

class GridDependency : public testing::TestWithParam<const char*> {
 protected:
  GridDependency() : runner_(module_text()) {
    EXPECT_TRUE(parse_schedule(GetParam(), runner_.options.schedule));
    for (uint64_t& buffer : buffers_) buffer = runner_.upload(std::vector<uint32_t>(64, 1));
  }

  void run(const std::vector<Step>& steps) {
    std::vector<Launch> launches;
    for (const Step& step : steps) {
      launches.push_back(runner_.make_launch(step.kernel, {1, 1, 1}, {64, 1, 1}, buffers_[step.out],
                                             buffers_[step.in]));
    }
    GridRow(launches, runner_.device(), runner_.memory(), runner_.options).run();
  }
  std::string report_of(const std::vector<Step>& steps) {
    try {
      run(steps);
    } catch (const Fault& fault) {
      EXPECT_EQ(fault.kind(), FaultKind::kGridDependency);
      return fault.what();
    }
    return "nothing was reported";
  }
  uint32_t value(int buffer) { return runner_.download<uint32_t>(buffers_[buffer], 64)[63]; }

  KernelRunner runner_;
  uint64_t buffers_[4];
};

TEST_P(GridDependency, AWaitSeesWhatTheGridInFrontWrote) {
  run({{"first", 0, 3}, {"copy", 1, 0}, {"copy", 2, 1}});
  EXPECT_EQ(value(2), 7u);
}

TEST_P(GridDependency, ATriggerMayComeBeforeTheWait) {
  run({{"first", 0, 3}, {"copy_and_trigger_first", 1, 0}, {"copy", 2, 1}});
  EXPECT_EQ(value(2), 7u);
}

TEST_P(GridDependency, MemoryThatNobodyInFrontWritesMayBeReadEarly) {
  run({{"first", 0, 3}, {"copy_before_wait", 1, 3}});
  EXPECT_EQ(value(1), 1u);
}

struct PlantedBug {
  const char* name;
  FaultKind kind;
  std::vector<Step> steps;
  const char* kernel;           // that is blamed
  const char* access;           // what it did
  const char* other = "first";  // the kernel that it should have waited for
};

const std::vector<PlantedBug> kBugs = {
    {"grid_does_not_wait",
     FaultKind::kGridDependency,
     {{"first", 0, 3}, {"copy_without_wait", 1, 0}},
     "copy_without_wait",
     "a read"},
    {"grid_reads_before_it_waits",
     FaultKind::kGridDependency,
     {{"first", 0, 3}, {"copy_before_wait", 1, 0}},
     "copy_before_wait",
     "a read"},
    {"last_grid_reads_before_it_waits",
     FaultKind::kGridDependency,
     {{"first", 0, 3}, {"copy_and_trigger_first", 1, 0}, {"copy_before_wait", 2, 1}},
     "copy_before_wait",
     "a read",
     "copy_and_trigger_first"},
    {"grid_writes_before_it_waits",
     FaultKind::kGridDependency,
     {{"copy", 0, 1}, {"store_before_wait", 1, 3}},
     "store_before_wait",
     "a write",
     "copy"},
    // The third grid waits only for the second, which has not waited for the first.
    {"grid_in_front_does_not_wait",
     FaultKind::kGridDependency,
     {{"first", 0, 3}, {"copy_without_wait", 1, 3}, {"copy", 2, 0}},
     "copy",
     "a read"},
};

TEST_P(GridDependency, PlantedBugsAreReportedAtTheEarlyAccess) {
  for (const PlantedBug& bug : kBugs) {
    SCOPED_TRACE(bug.name);
    const std::string report = report_of(bug.steps);
    EXPECT_THAT(report, testing::HasSubstr("kernel " + std::string(bug.kernel) + "\n"));
    EXPECT_THAT(report, testing::HasSubstr(std::string(bug.access) +
                                           " before griddepcontrol.wait has told"));
    EXPECT_THAT(report, testing::HasSubstr("there: kernel " + std::string(bug.other)));
  }
}

INSTANTIATE_TEST_SUITE_P(Schedules, GridDependency, testing::Values("eager", "lazy", "random:1"));

}  // namespace
}  // namespace emulator
