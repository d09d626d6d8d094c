// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/form.h"

#include <gmock/gmock.h>

#include "emulator/ptx/instruction_table.h"

namespace emulator::ptx {
namespace {

std::string handler_of(std::string_view text) {
  const auto form = match_form(text);
  return form->row ? std::string(form->row->handler) : "";
}

TEST(Form, ChoosesTheRowByTheType) {
  EXPECT_EQ(handler_of("add.s32"), "integer_add");
  EXPECT_EQ(handler_of("add.ftz.f32"), "float_add");
  EXPECT_EQ(handler_of("add.rn.f32x2"), "float2_add");
  EXPECT_EQ(handler_of("and.pred"), "predicate_and");
}

TEST(Form, TakesModifiersInAnyOrder) {
  EXPECT_EQ(handler_of("cvt.satfinite.rn.e4m3x2.f32"), "convert_pair_to_fp8");
  EXPECT_EQ(handler_of("cvt.rn.satfinite.e4m3x2.f32"), "convert_pair_to_fp8");
}

TEST(Form, KeepsTheOrderOfTypes) {
  const auto narrowing = match_form("cvt.rn.f16.f32");
  EXPECT_EQ(narrowing->type(), Type::kF16);
  EXPECT_EQ(narrowing->source_type(), Type::kF32);
  EXPECT_EQ(handler_of("cvt.rn.f32.s32"), "convert_integer_to_float");
  EXPECT_EQ(handler_of("cvt.rzi.s32.f32"), "convert_float_to_integer");
  EXPECT_EQ(handler_of("cvt.rzi.f32.s32"), "");
}

TEST(Form, SaysWhatItDoesNotKnow) {
  EXPECT_EQ(match_form("frobnicate.b32")->problem, "unknown instruction 'frobnicate'");
  EXPECT_THAT(match_form("add.rna.f32")->problem, testing::HasSubstr("add.rna.f32"));
  EXPECT_THAT(match_form("add.s32.v4")->problem, testing::HasSubstr(".v4"));
}

TEST(Form, NeedsEveryRequiredModifier) {
  EXPECT_EQ(handler_of("mul.s32"), "");
  EXPECT_EQ(handler_of("mul.lo.s32"), "integer_mul_low");
}

TEST(Form, ReadsVectorWidths) {
  EXPECT_EQ(match_form("ld.global.v4.u32")->vector_width(), 4);
  EXPECT_EQ(match_form("ld.global.u32")->vector_width(), 1);
}

TEST(InstructionTable, EveryRowHasASection) {
  ASSERT_GT(instruction_table().size(), 100u);
  for (const InstructionRow& row : instruction_table()) {
    EXPECT_FALSE(row.section.empty());
    EXPECT_FALSE(row.handler.empty());
  }
}

}  // namespace
}  // namespace emulator::ptx
