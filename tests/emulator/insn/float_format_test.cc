// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/float_format.h"

#include <gtest/gtest.h>

#include "tests/emulator/kernel_runner.h"

namespace emulator {
namespace {

TEST(FloatFormat, EveryNumberRoundsToItself) {
  for (const FloatFormat* format : {&kF16Format, &kBf16Format, &kE4m3Format, &kE5m2Format}) {
    for (uint64_t bits = 0; bits < 2 * format->sign_bit(); ++bits) {
      const double value = value_of_format(bits, *format);
      if (value != value) continue;
      EXPECT_EQ(round_to_format(value, *format, Rounding::kNearestEven, false), bits);
    }
  }
}

TEST(FloatFormat, RoundsBetweenNeighbours) {
  EXPECT_EQ(round_to_format(1.0625, kE4m3Format, Rounding::kNearestEven, true), 0x38u);
  EXPECT_EQ(round_to_format(1.1875, kE4m3Format, Rounding::kNearestEven, true), 0x3au);
  EXPECT_EQ(round_to_format(1.1, kE4m3Format, Rounding::kTowardZero, true), 0x38u);
  EXPECT_EQ(round_to_format(1.01, kE4m3Format, Rounding::kUp, true), 0x39u);
  EXPECT_EQ(round_to_format(65519, kF16Format, Rounding::kNearestEven, false), 0x7bffu);
  EXPECT_EQ(round_to_format(65520, kF16Format, Rounding::kNearestEven, false), 0x7c00u);
}

// The branch-free conversion of the instructions against the general one: every exponent, and the
// fractions around each place where a result changes.
class NarrowConversion : public testing::TestWithParam<std::pair<const char*, const FloatFormat*>> {
};

TEST_P(NarrowConversion, AgreesWithTheGeneralRounding) {
  const auto& [type, format] = GetParam();
  std::vector<uint32_t> inputs;
  for (uint32_t high = 0; high < 0x10000; ++high) {
    for (const uint32_t low : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      inputs.push_back(high << 16 | low);
    }
  }
  KernelRunner runner(kernel_with_two_pointers(
      std::string(".reg .b32 %a, %flat, %n;\n.reg .f32 %zero;\n.reg .b16 %d;\n"
                  "mov.u32 %flat, %ctaid.x;\nmov.u32 %n, %ntid.x;\n"
                  "mad.lo.u32 %flat, %flat, %n, %thread;\nmul.wide.u32 %offset, %flat, 4;\n"
                  "add.s64 %here, %in, %offset;\nld.global.b32 %a, [%here];\n"
                  "mov.f32 %zero, 0f00000000;\ncvt.rn.satfinite.") +
      type +
      "x2.f32 %d, %zero, %a;\nmul.wide.u32 %offset, %flat, 2;\nadd.s64 %here, %out, %offset;\n"
      "st.global.b16 [%here], %d;"));
  const uint64_t out = runner.allocate(inputs.size() * 2);
  const uint32_t num_blocks = static_cast<uint32_t>(inputs.size() / 256);
  runner.launch("k", {num_blocks, 1, 1}, {256, 1, 1}, out, runner.upload(inputs));
  const auto results = runner.download<uint16_t>(out, inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const float value = std::bit_cast<float>(inputs[i]);
    ASSERT_EQ(results[i], round_to_format(value, *format, Rounding::kNearestEven, true))
        << std::hex << inputs[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Fp8, NarrowConversion,
                         testing::Values(std::pair{"e4m3", &kE4m3Format},
                                         std::pair{"e5m2", &kE5m2Format}));

}  // namespace
}  // namespace emulator
