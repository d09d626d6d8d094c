// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/instruction_descriptor.h"

#include <gmock/gmock.h>

#include "emulator/units/tcgen05_matrix_descriptor.h"

namespace emulator {
namespace {

using testing::HasSubstr;

constexpr uint32_t bits(uint32_t d_type, uint32_t a_type, uint32_t b_type, uint32_t m, uint32_t n) {
  return d_type << 4 | a_type << 7 | b_type << 10 | n / 8 << 17 | m / 16 << 24;
}

std::string check(uint32_t word, const MmaVariant& variant) {
  return InstructionDescriptor::from_bits(word).check(variant);
}

TEST(InstructionDescriptor, FieldsLieWhereTheManualSays) {
  const auto d =
      InstructionDescriptor::from_bits(0b11'0'01000'0'000111'1'0'1'0'101'011'0'01'1'0'10);
  EXPECT_EQ(d.sparsity_selector, 2u);
  EXPECT_FALSE(d.is_sparse);
  EXPECT_TRUE(d.saturates);
  EXPECT_EQ(d.d_type, 1u);
  EXPECT_EQ(d.a_type, 3u);
  EXPECT_EQ(d.b_type, 5u);
  EXPECT_FALSE(d.negates_a);
  EXPECT_TRUE(d.negates_b);
  EXPECT_FALSE(d.is_a_mn_major);
  EXPECT_TRUE(d.is_b_mn_major);
  EXPECT_EQ(d.n, 56u);
  EXPECT_EQ(d.m, 128u);
  EXPECT_EQ(d.max_shift, 3u);
  EXPECT_EQ(d.reserved, 0u);
}

TEST(InstructionDescriptor, ShapesAreThoseOfTheTable) {
  struct Row {
    MmaVariant variant;
    std::vector<uint32_t> m;
    uint32_t first_n, step_n;
  };
  const Row rows[] = {{{MmaKind::kF16, 1, false}, {64, 128}, 8, 8},
                      {{MmaKind::kF16, 2, false}, {128, 256}, 16, 16},
                      {{MmaKind::kI8, 2, false}, {128, 256}, 32, 32}};
  for (const Row& row : rows) {
    const bool is_integer = row.variant.kind == MmaKind::kI8;
    for (uint32_t m = 16; m <= 256; m += 16) {
      for (uint32_t n = 8; n <= 256; n += 8) {
        const bool is_legal =
            std::ranges::find(row.m, m) != row.m.end() && n >= row.first_n && n % row.step_n == 0;
        EXPECT_EQ(check(bits(is_integer ? 2 : 1, 0, 0, m, n), row.variant).empty(), is_legal)
            << m << " x " << n;
      }
    }
  }
}

TEST(InstructionDescriptor, WeightStationaryShapes) {
  const MmaVariant ws{MmaKind::kF16, 1, true};
  for (const uint32_t m : {32u, 64u, 128u}) {
    for (const uint32_t n : {64u, 128u, 256u}) EXPECT_EQ(check(bits(1, 0, 0, m, n), ws), "");
    EXPECT_THAT(check(bits(1, 0, 0, m, 192), ws), HasSubstr("has no shape"));
  }
  EXPECT_THAT(check(bits(1, 0, 0, 256, 64), ws), HasSubstr("M = 256, N = 64"));
}

TEST(InstructionDescriptor, TypesBelongToTheirKind) {
  const MmaVariant f16{MmaKind::kF16, 1, false};
  const MmaVariant tf32{MmaKind::kTf32, 1, false};
  const MmaVariant narrow{MmaKind::kF8f6f4, 1, false};
  const MmaVariant integer{MmaKind::kI8, 1, false};
  EXPECT_EQ(check(bits(1, 1, 1, 128, 64), f16), "");
  EXPECT_THAT(check(bits(1, 2, 2, 128, 64), f16), HasSubstr("has no type 2 for A"));
  EXPECT_THAT(check(bits(0, 1, 1, 128, 64), f16), HasSubstr("needs A and B of type f16"));
  EXPECT_THAT(check(bits(2, 0, 0, 128, 64), f16), HasSubstr("for D"));
  EXPECT_EQ(check(bits(1, 2, 2, 128, 64), tf32), "");
  EXPECT_THAT(check(bits(0, 2, 2, 128, 64), tf32), HasSubstr("for D"));
  for (const uint32_t type : {0u, 1u, 3u, 4u, 5u}) {
    EXPECT_EQ(check(bits(1, type, 0, 128, 64), narrow), "") << type;
  }
  EXPECT_THAT(check(bits(1, 0, 2, 128, 64), narrow), HasSubstr("or 2 for B"));
  EXPECT_EQ(check(bits(2, 0, 1, 128, 64), integer), "");
  EXPECT_THAT(check(bits(2, 0, 1, 128, 64) | 1u << 13, integer), HasSubstr("does not negate"));
}

TEST(InstructionDescriptor, ReservedBitsMustBeZero) {
  const MmaVariant f16{MmaKind::kF16, 1, false};
  for (const int bit : {6, 23, 29}) {
    EXPECT_THAT(check(bits(1, 0, 0, 128, 64) | 1u << bit, f16), HasSubstr("reserved")) << bit;
  }
  EXPECT_THAT(check(bits(1, 0, 0, 128, 64) | 1u << 2, f16), HasSubstr("sparse"));
  EXPECT_THAT(check(bits(1, 0, 0, 128, 64) | 1u << 3, f16), HasSubstr("saturation"));
}

TEST(MatrixDescriptor, FieldsLieWhereTheManualSays) {
  const auto d =
      Tcgen05MatrixDescriptor::from_bits(uint64_t{4} << 61 | uint64_t{5} << 49 | uint64_t{1} << 46 |
                                         uint64_t{0x123} << 32 | uint64_t{0x3fff} << 16 | 0x2001);
  EXPECT_EQ(d.start_address, 0x20010u);
  EXPECT_EQ(d.leading_bytes, 0x3fff0u);
  EXPECT_EQ(d.stride_bytes, 0x1230u);
  EXPECT_EQ(d.version, 1u);
  EXPECT_EQ(d.base_offset, 5u);
  EXPECT_EQ(d.swizzle_mode, 4u);
  EXPECT_THAT(d.check(), HasSubstr("base offset 5"));
}

TEST(MatrixDescriptor, SaysWhatIsWrong) {
  const auto problem = [](uint64_t word) {
    return Tcgen05MatrixDescriptor::from_bits(word).check();
  };
  constexpr uint64_t kVersion = uint64_t{1} << 46;
  EXPECT_EQ(problem(kVersion), "");
  EXPECT_THAT(problem(0), HasSubstr("must be 1, not 0"));
  EXPECT_THAT(problem(kVersion | uint64_t{3} << 61), HasSubstr("swizzle mode 3 does not exist"));
  EXPECT_THAT(problem(kVersion | uint64_t{1} << 52), HasSubstr("absolute"));
  EXPECT_THAT(problem(kVersion | uint64_t{1} << 55), HasSubstr("reserved"));
}

}  // namespace
}  // namespace emulator
