// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "tests/emulator/kernel_runner.h"

// The functions of f32 whose bits on silicon are not known, beside the errors that the manual
// allows (PTX ISA 9.7.3) and its tables of special values.
namespace emulator {
namespace {

constexpr size_t kNumInputs = size_t{1} << 18;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kSmallest = std::numeric_limits<float>::denorm_min();

// d = function(a[, b]) for each element of a and b.
std::vector<float> apply(const std::string& function, std::vector<float> a, std::vector<float> b) {
  constexpr uint32_t kBlock = 256;
  const size_t count = a.size();
  const size_t padded = (count + kBlock - 1) / kBlock * kBlock;
  a.resize(padded, 1.0f);
  const bool has_two_sources = !b.empty();
  if (has_two_sources) b.resize(padded, 1.0f);
  a.insert(a.end(), b.begin(), b.end());
  const std::string second = "ld.global.f32 %b, [%in+" + std::to_string(4 * padded) + "];\n";
  KernelRunner runner(kernel_with_two_pointers(
      ".reg .f32 %a, %b, %d;\n.reg .b32 %flat, %n;\n.reg .b64 %place;\nmov.u32 %flat, %ctaid.x;\n"
      "mov.u32 %n, %ntid.x;\nmad.lo.u32 %flat, %flat, %n, %thread;\nmul.wide.u32 %place, %flat, 4;"
      "\nadd.s64 %in, %in, %place;\nadd.s64 %out, %out, %place;\nld.global.f32 %a, [%in];\n" +
      (has_two_sources ? second : std::string()) + function + " %d, %a" +
      (has_two_sources ? ", %b" : "") + ";\nst.global.f32 [%out], %d;\n"));
  const uint64_t out = runner.allocate(4 * padded);
  const uint64_t in = runner.upload(a);
  runner.launch("k", {static_cast<uint32_t>(padded / kBlock), 1, 1}, {kBlock, 1, 1}, out, in);
  return runner.download<float>(out, count);
}

bool has_same_bits(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b) || (a != a && b != b);
}

struct Bound {
  const char* function;
  double (*exact)(double);
  double largest;   // of the inputs
  double absolute;  // error
  double relative;
};

constexpr double kPi = std::numbers::pi;
double sine(double x) {
  return std::sin(x);
}
double cosine(double x) {
  return std::cos(x);
}
double hyperbolic_tangent(double x) {
  return std::tanh(x);
}

const Bound kBounds[] = {
    {"sin.approx.f32", sine, 2 * kPi, 0x1p-20 / std::numbers::sqrt2, 0},
    {"sin.approx.f32", sine, 100 * kPi, std::exp2(-14.7), 0},
    {"sin.approx.ftz.f32", sine, 100 * kPi, std::exp2(-14.7), 0},
    {"cos.approx.f32", cosine, 2 * kPi, 0x1p-20 / std::numbers::sqrt2, 0},
    {"cos.approx.f32", cosine, 100 * kPi, std::exp2(-14.7), 0},
    {"cos.approx.ftz.f32", cosine, 100 * kPi, std::exp2(-14.7), 0},
    {"tanh.approx.f32", hyperbolic_tangent, 3e38, 0, 0x1p-11},
};

class Approximation : public testing::TestWithParam<Bound> {};

// Numbers of every size, and as many spread over the range.
std::vector<float> inputs_up_to(double largest) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> spread(-largest, largest);
  std::vector<float> inputs;
  while (inputs.size() < kNumInputs) {
    const auto any = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (std::fabs(any) <= largest) inputs.push_back(any);
    inputs.push_back(std::nextafter(static_cast<float>(spread(random)), 0.0f));
  }
  return inputs;
}

TEST_P(Approximation, IsWithinTheErrorThatTheManualAllows) {
  const Bound& bound = GetParam();
  const std::vector<float> inputs = inputs_up_to(bound.largest);
  const std::vector<float> results = apply(bound.function, inputs, {});
  for (size_t i = 0; i < inputs.size(); ++i) {
    const double exact = bound.exact(static_cast<double>(inputs[i]));
    const double allowed = bound.absolute + bound.relative * std::fabs(exact);
    ASSERT_LE(std::fabs(static_cast<double>(results[i]) - exact), allowed) << inputs[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Functions, Approximation, testing::ValuesIn(kBounds));

struct Special {
  const char* function;
  float input;
  float result;
};

const Special kSpecials[] = {
    {"sin.approx.f32", -kInfinity, NAN},
    {"sin.approx.f32", kInfinity, NAN},
    {"sin.approx.f32", NAN, NAN},
    {"sin.approx.f32", -0.0f, -0.0f},
    {"sin.approx.f32", 0.0f, 0.0f},
    {"sin.approx.ftz.f32", -kSmallest, -0.0f},
    {"cos.approx.f32", -kInfinity, NAN},
    {"cos.approx.f32", kInfinity, NAN},
    {"cos.approx.f32", NAN, NAN},
    {"cos.approx.f32", -0.0f, 1.0f},
    {"cos.approx.f32", 0.0f, 1.0f},
    {"cos.approx.ftz.f32", kSmallest, 1.0f},
    {"tanh.approx.f32", -kInfinity, -1.0f},
    {"tanh.approx.f32", kInfinity, 1.0f},
    {"tanh.approx.f32", NAN, NAN},
    {"tanh.approx.f32", -0.0f, -0.0f},
    {"tanh.approx.f32", kSmallest, kSmallest},
};

TEST(ApproximationOfSpecialValues, FollowsTheManualsTables) {
  for (const Special& special : kSpecials) {
    const float result = apply(special.function, {special.input}, {})[0];
    EXPECT_TRUE(has_same_bits(result, special.result))
        << special.function << " of " << special.input << " is " << result;
  }
}

struct Division {
  const char* function;
  int smallest_exponent;  // of the divisors within the bound
  int largest_exponent;
};

class ApproximateDivision : public testing::TestWithParam<Division> {};

double unit_in_the_last_place(double exact) {
  return std::ldexp(1.0, std::max(std::ilogb(exact), -126) - 23);
}

TEST_P(ApproximateDivision, ErrsByTwoUnitsInTheLastPlaceAtMost) {
  const Division& division = GetParam();
  std::mt19937 random(1);
  std::vector<float> a;
  std::vector<float> b;
  while (a.size() < kNumInputs) {
    const auto dividend = std::bit_cast<float>(static_cast<uint32_t>(random()));
    const auto divisor = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (!std::isfinite(dividend) || !std::isfinite(divisor) || dividend == 0) continue;
    const double quotient = std::fabs(static_cast<double>(dividend) / divisor);
    const int exponent = divisor == 0 ? -200 : std::ilogb(divisor);
    const bool is_bounded =
        exponent >= division.smallest_exponent && exponent < division.largest_exponent;
    if (!is_bounded || quotient > 0x1.fffff0p127) continue;
    a.push_back(dividend);
    b.push_back(divisor);
  }
  const bool flushes = std::string(division.function).find("ftz") != std::string::npos;
  const std::vector<float> results = apply(division.function, a, b);
  for (size_t i = 0; i < a.size(); ++i) {
    const double exact = static_cast<double>(a[i]) / b[i];
    const bool is_flushed = flushes && (!std::isnormal(a[i]) || std::fabs(exact) < 0x1.000004p-126);
    const double error = std::fabs(results[i] - exact);
    if (is_flushed && results[i] == 0) continue;
    ASSERT_LE(error, 2 * unit_in_the_last_place(exact)) << a[i] << " / " << b[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Divisors, ApproximateDivision,
                         testing::Values(Division{"div.approx.f32", -126, 126},
                                         Division{"div.approx.ftz.f32", -126, 126},
                                         Division{"div.full.f32", -149, 128},
                                         Division{"div.full.ftz.f32", -126, 128}));

TEST(ApproximateDivisionByHugeNumbers, GivesZeroOrNan) {
  for (const char* function : {"div.approx.f32", "div.approx.ftz.f32"}) {
    const auto results = apply(function, {3e38f, -1.0f, kInfinity, 1.0f},
                               {0x1.8p126f, 0x1p127f, 0x1.8p126f, kInfinity});
    EXPECT_TRUE(has_same_bits(results[0], 0.0f));
    EXPECT_TRUE(has_same_bits(results[1], -0.0f));
    EXPECT_TRUE(has_same_bits(results[2], NAN));
    EXPECT_TRUE(has_same_bits(results[3], 0.0f));
  }
  EXPECT_EQ(apply("div.full.f32", {0x1p127f}, {0x1.8p126f})[0], 0x1.555556p0f);
}

}  // namespace
}  // namespace emulator
