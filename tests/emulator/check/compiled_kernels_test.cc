// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/emulator/kernel_runner.h"

// Kernels as a compiler emits them (kernels/simt.cu) have no races to report.
namespace emulator {
namespace {

std::string read_kernels() {
  std::ifstream file(EMULATOR_TEST_KERNELS "/simt.ptx");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class CompiledKernels : public testing::TestWithParam<const char*> {
 protected:
  CompiledKernels() : runner_(read_kernels()) {
    EXPECT_TRUE(parse_schedule(GetParam(), runner_.options.schedule));
    runner_.options.races = check::RaceLevel::kPedantic;
  }

  KernelRunner runner_;
};

TEST_P(CompiledKernels, MatmulBetweenBarriers) {
  constexpr int kSize = 32;
  const uint64_t ones = runner_.upload(std::vector<float>(kSize * kSize, 1.0f));
  const uint64_t out = runner_.allocate(kSize * kSize * 4);
  runner_.launch("matmul", {2, 2, 1}, {16, 16, 1}, ones, ones, out, kSize);
  EXPECT_EQ(runner_.download<float>(out, 1)[0], 32.0f);
}

TEST_P(CompiledKernels, ReduceWithShufflesAndAtomics) {
  constexpr int kCount = 4096;
  const uint64_t zeros = runner_.upload(std::vector<float>(kCount, 0.0f));
  const uint64_t total = runner_.upload(std::vector<float>{0.0f});
  runner_.launch("reduce", {4, 1, 1}, {256, 1, 1}, zeros, total, kCount);
  EXPECT_EQ(runner_.download<float>(total, 1)[0], 40.0f);  // four blocks of 1024: log2 is 10 each
}

INSTANTIATE_TEST_SUITE_P(Schedules, CompiledKernels,
                         testing::Values("eager", "lazy", "random:1", "random:2"));

}  // namespace
}  // namespace emulator
