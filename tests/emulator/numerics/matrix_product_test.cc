// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/numerics/matrix_product.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "emulator/numerics/aligned_sum.h"
#include "tests/emulator/numerics/reference_product.h"

namespace emulator {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Operands as bits, beside the tiles made from them.
struct Problem {
  Problem(OperandFormat a_format, OperandFormat b_format, int num_rows, int num_columns, int depth)
      : rows(num_rows),
        columns(num_columns),
        a_bits(static_cast<size_t>(num_rows), std::vector<uint32_t>(static_cast<size_t>(depth))),
        b_bits(static_cast<size_t>(num_columns), std::vector<uint32_t>(static_cast<size_t>(depth))),
        a(a_format, num_rows, depth),
        b(b_format, num_columns, depth),
        d(static_cast<size_t>(num_rows * num_columns)) {}

  void set_a(int row, int k, uint32_t bits) {
    a_bits[static_cast<size_t>(row)][static_cast<size_t>(k)] = bits;
    a.set(row, k, bits);
  }
  void set_b(int column, int k, uint32_t bits) {
    b_bits[static_cast<size_t>(column)][static_cast<size_t>(k)] = bits;
    b.set(column, k, bits);
  }
  float expected(int row, int column, const ProductRule& rule) const {
    return reference_product(a.format(), a_bits[static_cast<size_t>(row)], b.format(),
                             b_bits[static_cast<size_t>(column)],
                             d[static_cast<size_t>(row * columns + column)], rule);
  }

  int rows;
  int columns;
  std::vector<std::vector<uint32_t>> a_bits, b_bits;
  OperandTile a;
  OperandTile b;
  std::vector<float> d;
};

// Elements of a format: all bit patterns, or few exponents so that sums cancel, or many zeros.
class RandomElements {
 public:
  explicit RandomElements(uint64_t seed) : random_(seed) {}

  uint32_t operand(OperandFormat format, int kind) {
    const int bits = facts(format).element_bits;
    for (;;) {
      auto element = static_cast<uint32_t>(random_() & ((uint64_t{1} << bits) - 1));
      if (kind == 1) element &= ~(3u << (bits - 3));
      if (kind == 2 && random_() % 4 != 0) element = 0;
      if (std::isfinite(decode_operand(format, element))) return element;
    }
  }
  float accumulator(AccumulatorFormat format, int kind) {
    if (kind == 2 && random_() % 2 == 0) return 0;
    if (format == AccumulatorFormat::kF16) {
      return decode_operand(OperandFormat::kF16, operand(OperandFormat::kF16, kind));
    }
    if (kind == 1) return static_cast<float>(static_cast<int32_t>(random_())) * 0x1p-30f;
    return std::bit_cast<float>(operand(OperandFormat::kTf32, 0) |
                                static_cast<uint32_t>(random_() & 0x1fff));
  }

 private:
  std::mt19937_64 random_;
};

Problem random_problem(OperandFormat a, OperandFormat b, AccumulatorFormat d, int kind) {
  Problem problem(a, b, 6, 40, 256 / std::max(facts(a).element_bits, facts(b).element_bits));
  RandomElements random(static_cast<uint64_t>(kind) * 100 + static_cast<uint64_t>(a) * 10 +
                        static_cast<uint64_t>(b));
  for (int k = 0; k < problem.a.depth(); ++k) {
    for (int row = 0; row < problem.rows; ++row) problem.set_a(row, k, random.operand(a, kind));
    for (int n = 0; n < problem.columns; ++n) problem.set_b(n, k, random.operand(b, kind));
  }
  for (float& value : problem.d) value = random.accumulator(d, kind);
  return problem;
}

void expect_reference(const Problem& problem, const ProductRule& rule) {
  std::vector<float> d = problem.d;
  multiply_accumulate(problem.a, problem.b, rule, Arithmetic::kExact, d.data(), problem.columns);
  for (int row = 0; row < problem.rows; ++row) {
    for (int n = 0; n < problem.columns; ++n) {
      const float expected = problem.expected(row, n, rule);
      const float got = d[static_cast<size_t>(row * problem.columns + n)];
      ASSERT_EQ(std::bit_cast<uint32_t>(got), std::bit_cast<uint32_t>(expected))
          << "row " << row << " column " << n << ": " << got << " instead of " << expected;
      const float c = problem.d[static_cast<size_t>(row * problem.columns + n)];
      ASSERT_EQ(round_sum(aligned_sum(problem.a, row, problem.b, n, c, rule), rule), expected);
    }
  }
}

// Runs once for every instruction set that was compiled and that this processor has.
class ExactProduct : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { choose(GetParam()); }
  void TearDown() override { choose(0); }

 private:
  static void choose(int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

TEST_P(ExactProduct, IsTheReferenceForEveryFormatAndAccumulator) {
  using enum OperandFormat;
  for (const OperandFormat format : {kF16, kBf16, kTf32, kE4m3, kE5m2, kE2m3, kE3m2, kE2m1}) {
    for (const AccumulatorFormat d : {AccumulatorFormat::kF32, AccumulatorFormat::kF16}) {
      for (int kind = 0; kind < 3; ++kind) {
        SCOPED_TRACE(testing::Message() << "format " << static_cast<int>(format) << " accumulator "
                                        << static_cast<int>(d) << " kind " << kind);
        const Problem problem = random_problem(format, format, d, kind);
        expect_reference(problem, hopper_rule(format, d));
        expect_reference(problem, blackwell_rule(d));
      }
    }
  }
}

TEST_P(ExactProduct, TakesOperandsOfDifferentNarrowFormats) {
  using enum OperandFormat;
  constexpr OperandFormat kNarrow[] = {kE4m3, kE5m2, kE2m3, kE3m2, kE2m1};
  for (const OperandFormat a : kNarrow) {
    for (const OperandFormat b : kNarrow) {
      expect_reference(random_problem(a, b, AccumulatorFormat::kF32, 0),
                       blackwell_rule(AccumulatorFormat::kF32));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ExactProduct, testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& tested) { return hwy::TargetName(tested.param); });

// One row, one column, depth 16 of f16; the elements behind the given ones are zero.
float f16_product(std::initializer_list<uint32_t> a, std::initializer_list<uint32_t> b, float c) {
  OperandTile tile_a(OperandFormat::kF16, 1, 16);
  OperandTile tile_b(OperandFormat::kF16, 1, 16);
  int k = 0;
  for (const uint32_t bits : a) tile_a.set(0, k++, bits);
  k = 0;
  for (const uint32_t bits : b) tile_b.set(0, k++, bits);
  float d[1] = {c};
  multiply_accumulate(tile_a, tile_b, hopper_rule(OperandFormat::kF16, AccumulatorFormat::kF32),
                      Arithmetic::kExact, d, 1);
  return d[0];
}

constexpr uint32_t kOne = 0x3c00, kF16Inf = 0x7c00, kF16Nan = 0x7e00;

TEST(SpecialValues, FollowIeeeAndNanHasAllBitsSet) {
  const auto bits = [](float value) { return std::bit_cast<uint32_t>(value); };
  EXPECT_EQ(f16_product({kF16Inf}, {kOne}, 0), kInf);
  EXPECT_EQ(f16_product({kF16Inf}, {kOne | 0x8000}, 1), -kInf);
  EXPECT_EQ(f16_product({kOne}, {kOne}, -kInf), -kInf);
  EXPECT_EQ(bits(f16_product({kF16Inf}, {0}, 0)), 0x7fffffffu);
  EXPECT_EQ(bits(f16_product({kF16Inf}, {kOne}, -kInf)), 0x7fffffffu);
  EXPECT_EQ(bits(f16_product({kF16Nan}, {kOne}, 0)), 0x7fffffffu);
  EXPECT_EQ(bits(f16_product({kOne}, {kOne}, kNan)), 0x7fffffffu);
  EXPECT_EQ(bits(f16_product({0x8000}, {kOne}, -0.0f)), 0u);
}

TEST(SpecialValues, DoNotLeakIntoOtherElements) {
  Problem problem(OperandFormat::kE4m3, OperandFormat::kE4m3, 3, 9, 32);
  for (int k = 0; k < 32; ++k) {
    for (int row = 0; row < 3; ++row) problem.set_a(row, k, 0x38);
    for (int n = 0; n < 9; ++n) problem.set_b(n, k, 0x38);
  }
  problem.set_a(1, 7, 0x7f);
  problem.set_b(4, 31, 0xff);
  problem.d[0] = -kInf;
  multiply_accumulate(problem.a, problem.b,
                      hopper_rule(OperandFormat::kE4m3, AccumulatorFormat::kF32),
                      Arithmetic::kExact, problem.d.data(), 9);
  for (int row = 0; row < 3; ++row) {
    for (int n = 0; n < 9; ++n) {
      const float got = problem.d[static_cast<size_t>(row * 9 + n)];
      if (row == 1 || n == 4) {
        EXPECT_TRUE(std::isnan(got)) << row << " " << n;
      } else {
        EXPECT_EQ(got, row == 0 && n == 0 ? -kInf : 32.0f) << row << " " << n;
      }
    }
  }
}

// What makes FP8 on Hopper lose bits: 2^13 + 1 keeps 13 bits behind the leading one, + 1/2 does
// not.
TEST(Rounding, HopperFp8KeepsThirteenFractionBits) {
  OperandTile one(OperandFormat::kE4m3, 1, 32);
  one.set(0, 0, 0x38);
  const auto add_one = [&](const ProductRule& rule, float c) {
    multiply_accumulate(one, one, rule, Arithmetic::kExact, &c, 1);
    return c;
  };
  const ProductRule hopper = hopper_rule(OperandFormat::kE4m3, AccumulatorFormat::kF32);
  const ProductRule blackwell = blackwell_rule(AccumulatorFormat::kF32);
  EXPECT_EQ(add_one(hopper, 8192), 8193);
  EXPECT_EQ(add_one(hopper, 16384), 16384);
  EXPECT_EQ(add_one(blackwell, 16384), 16385);
  EXPECT_EQ(add_one(hopper, 1.0f + 0x1p-20f), 2);
}

TEST(FastArithmetic, DiffersFromExactByRoundingOnly) {
  for (const AccumulatorFormat d : {AccumulatorFormat::kF32, AccumulatorFormat::kF16}) {
    Problem problem = random_problem(OperandFormat::kBf16, OperandFormat::kBf16, d, 1);
    const ProductRule rule = hopper_rule(OperandFormat::kBf16, d);
    std::vector<float> exact(problem.d), fast(problem.d);
    multiply_accumulate(problem.a, problem.b, rule, Arithmetic::kExact, exact.data(), 40);
    multiply_accumulate(problem.a, problem.b, rule, Arithmetic::kFast, fast.data(), 40);
    const double unit = d == AccumulatorFormat::kF32 ? 0x1p-20 : 0x1p-9;
    for (int row = 0; row < problem.rows; ++row) {
      for (int n = 0; n < problem.columns; ++n) {
        const auto i = static_cast<size_t>(row * 40 + n);
        double magnitude = std::fabs(problem.d[i]);
        for (int k = 0; k < 16; ++k) {
          magnitude += std::fabs(problem.a.values(k)[row] * problem.b.values(k)[n]);
        }
        EXPECT_NEAR(fast[i], exact[i], magnitude * unit);
      }
    }
  }
}

}  // namespace
}  // namespace emulator
