// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include "emulator/insn/float_format.h"
#include "tests/emulator/kernel_runner.h"

// Kernels as a compiler emits them (kernels/simt.cu), under every schedule.
namespace emulator {
namespace {

std::string read_kernels() {
  std::ifstream file(EMULATOR_TEST_KERNELS "/simt.ptx");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class SimtKernels : public testing::TestWithParam<const char*> {
 protected:
  SimtKernels() : runner_(read_kernels()) {
    EXPECT_TRUE(parse_schedule(GetParam(), runner_.options.schedule));
  }

  std::vector<float> random_values(size_t count) {
    std::normal_distribution<float> normal;
    std::vector<float> values(count);
    for (float& value : values) value = normal(random_);
    return values;
  }

  KernelRunner runner_;
  std::mt19937 random_{7};
};

struct PackParams {
  uint64_t values;
  uint64_t packed;
  float scale;
  int64_t row_stride;
  int32_t row_length;
};

TEST_P(SimtKernels, PackRoundsToE4m3) {
  constexpr int kRows = 3;
  constexpr int kLength = 1000;
  constexpr int kStride = 1024;
  std::vector<uint16_t> values(kRows * kStride);
  for (uint16_t& value : values) value = static_cast<uint16_t>(random_());
  const uint64_t in = runner_.upload(values);
  const uint64_t out = runner_.allocate(kRows * kStride);
  const PackParams params{in, out, 0.5f, kStride, kLength};
  runner_.launch("pack", {1, kRows, 1}, {256, 1, 1}, params);
  const auto packed = runner_.download<uint8_t>(out, kRows * kStride);
  for (int row = 0; row < kRows; ++row) {
    for (int i = 0; i < kLength; ++i) {
      const float scaled = bf16_to_float(values[row * kStride + i]) * 0.5f;
      const uint64_t expected = round_to_format(scaled, kE4m3Format, Rounding::kNearestEven, true);
      ASSERT_EQ(packed[row * kStride + i], expected) << "row " << row << " element " << i;
    }
  }
}

TEST_P(SimtKernels, ReduceSumsOverLanesWarpsAndBlocks) {
  constexpr int kCount = 10000;
  const std::vector<float> values = random_values(kCount);
  const uint64_t in = runner_.upload(values);
  const uint64_t out = runner_.upload(std::vector<float>{0.0f});
  runner_.launch("reduce", {1, 1, 1}, {192, 1, 1}, in, out, kCount);
  double expected = 0;
  for (const float value : values) expected += std::exp2(value);
  EXPECT_NEAR(runner_.download<float>(out, 1)[0], std::log2(expected), 1e-5);
}

TEST_P(SimtKernels, MergeTakesEmptyPartsAsNeutral) {
  constexpr int kRows = 4;
  constexpr int kLength = 100;
  const float kEmpty = -std::numeric_limits<float>::infinity();
  const auto a = random_values(kRows * kLength);
  const auto b = random_values(kRows * kLength);
  const std::vector<float> lse_a{1.0f, kEmpty, 2.0f, kEmpty};
  const std::vector<float> lse_b{-3.0f, 0.5f, kEmpty, kEmpty};
  const uint64_t out = runner_.allocate(kRows * kLength * 4);
  const uint64_t lse_out = runner_.allocate(kRows * 4);
  runner_.launch("merge", {kRows, 1, 1}, {64, 1, 1}, runner_.upload(a), runner_.upload(lse_a),
                 runner_.upload(b), runner_.upload(lse_b), out, lse_out, kLength);
  const auto merged = runner_.download<float>(out, kRows * kLength);
  const auto lse = runner_.download<float>(lse_out, kRows);
  for (int row = 0; row < kRows; ++row) {
    const double weight_a = std::exp2(lse_a[row]);
    const double weight_b = std::exp2(lse_b[row]);
    const double sum = weight_a + weight_b;
    if (sum == 0) {
      EXPECT_EQ(lse[row], kEmpty);
    } else {
      EXPECT_NEAR(lse[row], std::log2(sum), 1e-6);
    }
    for (int i = row * kLength; i < (row + 1) * kLength; ++i) {
      EXPECT_NEAR(merged[i], sum == 0 ? 0 : (weight_a * a[i] + weight_b * b[i]) / sum, 1e-6);
    }
  }
}

TEST_P(SimtKernels, MatmulWaitsAtItsBarriers) {
  constexpr int kSize = 48;
  const auto a = random_values(kSize * kSize);
  const auto b = random_values(kSize * kSize);
  const uint64_t out = runner_.allocate(kSize * kSize * 4);
  runner_.launch("matmul", {kSize / 16, kSize / 16, 1}, {16, 16, 1}, runner_.upload(a),
                 runner_.upload(b), out, kSize);
  const auto c = runner_.download<float>(out, kSize * kSize);
  for (int row = 0; row < kSize; ++row) {
    for (int column = 0; column < kSize; ++column) {
      double expected = 0;
      for (int k = 0; k < kSize; ++k) {
        expected += static_cast<double>(a[row * kSize + k]) * b[k * kSize + column];
      }
      ASSERT_NEAR(c[row * kSize + column], expected, 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Schedules, SimtKernels,
                         testing::Values("eager", "lazy", "random:1", "random:2"));

}  // namespace
}  // namespace emulator
