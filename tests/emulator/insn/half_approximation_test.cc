// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>

#include "emulator/insn/float_format.h"
#include "tests/emulator/kernel_runner.h"

// ex2 and tanh of every number of 16 bits, beside the errors that the manual allows (PTX ISA
// 9.7.4).
namespace emulator {
namespace {

struct Function {
  const char* text;
  const FloatFormat& format;
  double (*exact)(double);
  double absolute;  // error
  double relative;
  bool flushes = false;
};

void PrintTo(const Function& function, std::ostream* out) {
  *out << function.text;
}

double power_of_two(double x) {
  return std::exp2(x);
}
double hyperbolic_tangent(double x) {
  return std::tanh(x);
}

constexpr uint32_t kNumPatterns = 0x10000;

// Of each word, where the upper half is another number than the lower one.
uint32_t input_at(uint32_t index) {
  return (index ^ 0x5a5a) << 16 | index;
}

std::vector<uint32_t> results_of(const Function& function) {
  KernelRunner runner(kernel_with_two_pointers(
      std::string(".reg .b32 %a, %flat, %n;\n.reg .b64 %place;\nmov.u32 %flat, %ctaid.x;\n"
                  "mov.u32 %n, %ntid.x;\nmad.lo.u32 %flat, %flat, %n, %thread;\n"
                  "mul.wide.u32 %place, %flat, 4;\nadd.s64 %in, %in, %place;\n"
                  "add.s64 %out, %out, %place;\nld.global.b32 %a, [%in];\n") +
      function.text + "x2 %a, %a;\nst.global.b32 [%out], %a;\n"));
  std::vector<uint32_t> inputs;
  for (uint32_t index = 0; index < kNumPatterns; ++index) inputs.push_back(input_at(index));
  const uint64_t out = runner.allocate(4 * kNumPatterns);
  runner.launch("k", {kNumPatterns / 256, 1, 1}, {256, 1, 1}, out, runner.upload(inputs));
  return runner.download<uint32_t>(out, kNumPatterns);
}

class HalfApproximation : public testing::TestWithParam<Function> {
 protected:
  static void check(uint32_t input, uint32_t result) {
    const Function& function = GetParam();
    const FloatFormat& format = function.format;
    const double x = value_of_format(input, format);
    const double actual = value_of_format(result, format);
    const double exact = function.exact(x);
    const double smallest_normal = std::ldexp(1.0, 1 - format.bias());
    const double largest = value_of_format(format.max_finite, format);
    if (x != x) {
      ASSERT_NE(actual, actual) << std::hex << input;
    } else if (std::fabs(exact) > largest) {
      ASSERT_GE(actual, largest) << x;
    } else if (function.flushes && std::fabs(exact) < smallest_normal) {
      ASSERT_EQ(actual, 0) << x;
    } else {
      const double size = std::max(std::fabs(exact), smallest_normal);
      ASSERT_LE(std::fabs(actual - exact), function.absolute + function.relative * size) << x;
    }
  }
};

TEST_P(HalfApproximation, IsWithinTheErrorThatTheManualAllows) {
  const std::vector<uint32_t> results = results_of(GetParam());
  for (uint32_t index = 0; index < kNumPatterns; ++index) {
    check(input_at(index) & 0xffff, results[index] & 0xffff);
    check(input_at(index) >> 16, results[index] >> 16);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Functions, HalfApproximation,
    testing::Values(Function{"ex2.approx.f16", kF16Format, power_of_two, 0, std::exp2(-9.9)},
                    Function{"ex2.approx.ftz.bf16", kBf16Format, power_of_two, 0, 0x1p-7, true},
                    Function{"tanh.approx.f16", kF16Format, hyperbolic_tangent, std::exp2(-10.987),
                             0},
                    Function{"tanh.approx.bf16", kBf16Format, hyperbolic_tangent, 0x1p-8, 0}));

TEST(HalfApproximationOfSpecialValues, FollowsTheManualsTablesOfSpecialValues) {
  const Function exp2{"ex2.approx.f16", kF16Format, power_of_two, 0, 0};
  const std::vector<uint32_t> powers = results_of(exp2);
  EXPECT_EQ(powers[0xfc00] & 0xffff, 0u);       // -infinity
  EXPECT_EQ(powers[0x8000] & 0xffff, 0x3c00u);  // -0
  EXPECT_EQ(powers[0x7c00] & 0xffff, 0x7c00u);
  const Function tanh{"tanh.approx.f16", kF16Format, hyperbolic_tangent, 0, 0};
  const std::vector<uint32_t> tangents = results_of(tanh);
  EXPECT_EQ(tangents[0xfc00] & 0xffff, 0xbc00u);
  EXPECT_EQ(tangents[0x8000] & 0xffff, 0x8000u);
  EXPECT_EQ(tangents[0x7c00] & 0xffff, 0x3c00u);
}

}  // namespace
}  // namespace emulator
