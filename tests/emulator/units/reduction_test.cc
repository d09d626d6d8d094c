// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/reduction.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>

namespace emulator {
namespace {

using ptx::Type;

template <typename T>
T reduce(std::string_view operation, Type type, T a, T b, bool flushes_subnormals = false) {
  alignas(8) uint8_t memory[sizeof(T)];
  uint8_t operand[sizeof(T)];
  std::memcpy(memory, &a, sizeof a);
  std::memcpy(operand, &b, sizeof b);
  Reduction(operation, type, flushes_subnormals).apply(memory, operand);
  T result;
  std::memcpy(&result, memory, sizeof result);
  return result;
}

TEST(Reduction, OfIntegers) {
  EXPECT_EQ(reduce<uint32_t>("add", Type::kU32, 0xffffffff, 2), 1u);
  EXPECT_EQ(reduce<int32_t>("min", Type::kS32, -3, 2), -3);
  EXPECT_EQ(reduce<uint32_t>("min", Type::kU32, 0xfffffffd, 2), 2u);
  EXPECT_EQ(reduce<int64_t>("max", Type::kS64, -3, -7), -3);
  EXPECT_EQ(reduce<uint64_t>("xor", Type::kB64, 0xf0f0, 0xff00), 0x0ff0u);
  EXPECT_EQ(reduce<uint32_t>("and", Type::kB32, 0xf0f0, 0xff00), 0xf000u);
  EXPECT_EQ(reduce<uint32_t>("or", Type::kU32, 0xf0f0, 0xff00), 0xfff0u);
}

TEST(Reduction, WrapsAtItsOperand) {
  EXPECT_EQ(reduce<uint32_t>("inc", Type::kU32, 6, 7), 7u);
  EXPECT_EQ(reduce<uint32_t>("inc", Type::kU32, 7, 7), 0u);
  EXPECT_EQ(reduce<uint32_t>("dec", Type::kU32, 0, 7), 7u);
  EXPECT_EQ(reduce<uint32_t>("dec", Type::kU32, 9, 7), 7u);
  EXPECT_EQ(reduce<uint32_t>("dec", Type::kU32, 5, 7), 4u);
}

TEST(Reduction, OfFloatingPointNumbers) {
  EXPECT_EQ(reduce<float>("add", Type::kF32, 1.5f, 2.25f), 3.75f);
  EXPECT_EQ(reduce<double>("add", Type::kF64, 1e300, 1e284), 1e300 + 1e284);
  EXPECT_EQ(reduce<uint16_t>("add", Type::kF16, 0x3c00, 0x1000), 0x3c00) << "a tie, to even";
  EXPECT_EQ(reduce<uint16_t>("add", Type::kF16, 0x0001, 0x0001), 0x0002) << "subnormals";
  EXPECT_EQ(reduce<uint16_t>("add", Type::kBf16, 0x3f80, 0x4000), 0x4040);
  EXPECT_EQ(reduce<uint16_t>("max", Type::kBf16, 0x8000, 0x0000), 0x0000) << "-0 is below +0";
  EXPECT_EQ(reduce<uint16_t>("min", Type::kF16, 0x7e00, 0x3c00), 0x3c00) << "a number beats NaN";
}

TEST(Reduction, FlushesSubnormalsWhereTheTensorSaysSo) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(reduce<float>("add", Type::kF32, tiny, tiny), 2 * tiny);
  EXPECT_EQ(reduce<float>("add", Type::kF32, tiny, tiny, true), 0.0f);
}

TEST(Reduction, ExistsForTheTypesOfTheManual) {
  EXPECT_FALSE(Reduction("add", Type::kS64).is_supported());
  EXPECT_FALSE(Reduction("add", Type::kU16).is_supported());
  EXPECT_FALSE(Reduction("min", Type::kF32).is_supported());
  EXPECT_FALSE(Reduction("inc", Type::kS32).is_supported());
  EXPECT_FALSE(Reduction("and", Type::kF32).is_supported());
}

}  // namespace
}  // namespace emulator
