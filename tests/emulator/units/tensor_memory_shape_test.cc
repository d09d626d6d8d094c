// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_memory_shape.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace emulator {
namespace {

// Which register of which thread holds a cell; the way the figures of the manual are drawn, the
// other way round than the unit computes it.
struct Holder {
  uint32_t thread, reg;
};

struct Figure {
  const char* shape;
  uint32_t columns_of_x1;
  uint32_t lanes;
  std::function<Holder(uint32_t lane, uint32_t column)> holder;
};

const Figure kFigures[] = {
    {"32x32b", 1, 32, [](uint32_t l, uint32_t c) { return Holder{l, c}; }},
    {"16x64b", 2, 16,
     [](uint32_t l, uint32_t c) { return Holder{4 * (l % 8) + 2 * (c % 2) + l / 8, c / 2}; }},
    {"16x128b", 4, 16,
     [](uint32_t l, uint32_t c) { return Holder{4 * (l % 8) + c % 4, 2 * (c / 4) + l / 8}; }},
    {"16x256b", 8, 16,
     [](uint32_t l, uint32_t c) {
       return Holder{4 * (l % 8) + c % 8 / 2, 4 * (c / 8) + 2 * (l / 8) + c % 2};
     }},
};

constexpr std::pair<const char*, uint32_t> kRepeats[] = {
    {"x1", 1}, {"x2", 2}, {"x8", 8}, {"x32", 32}};

TEST(TensorMemoryShape, CellsLieAsTheFiguresShow) {
  for (const Figure& figure : kFigures) {
    for (const auto& [name, repeat] : kRepeats) {
      const auto shape = TensorMemoryShape::find(figure.shape, name, false);
      ASSERT_TRUE(shape) << figure.shape;
      ASSERT_EQ(shape->num_columns(), figure.columns_of_x1 * repeat) << figure.shape;
      ASSERT_EQ(shape->num_lanes(), figure.lanes);
      for (uint32_t lane = 0; lane < figure.lanes; ++lane) {
        for (uint32_t column = 0; column < shape->num_columns(); ++column) {
          const Holder holder = figure.holder(lane, column);
          ASSERT_LT(holder.reg, shape->num_registers());
          const TensorMemoryAddress place = shape->place(holder.thread, holder.reg, 0);
          EXPECT_EQ(place.lane, lane) << figure.shape;
          EXPECT_EQ(place.column, column) << figure.shape;
        }
      }
    }
  }
}

TEST(TensorMemoryShape, TwoHalvesOf16x32bAreTwoAccesses) {
  const auto shape = TensorMemoryShape::find("16x32bx2", "x4", false);
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->num_columns(), 4u);
  for (uint32_t t = 0; t < 32; ++t) {
    for (uint32_t r = 0; r < 4; ++r) {
      const TensorMemoryAddress place = shape->place(t, r, 100);
      EXPECT_EQ(place.lane, t % 16);
      EXPECT_EQ(place.column, t < 16 ? r : 100 + r);
    }
  }
}

TEST(TensorMemoryShape, PackedRegistersHoldTwoColumns) {
  for (const char* name : {"32x32b", "16x64b", "16x128b", "16x256b", "16x32bx2"}) {
    const auto packed = TensorMemoryShape::find(name, "x2", true);
    const auto plain = TensorMemoryShape::find(name, "x2", false);
    EXPECT_EQ(packed->num_columns(), 2 * plain->num_columns());
    for (uint32_t t = 0; t < 32; ++t) {
      for (uint32_t r = 0; r < plain->num_registers(); ++r) {
        EXPECT_EQ(packed->place(t, r, 0).column, 2 * plain->place(t, r, 0).column) << name;
        EXPECT_EQ(packed->place(t, r, 0).lane, plain->place(t, r, 0).lane) << name;
      }
    }
  }
}

TEST(TensorMemoryShape, NoMoreThan128Registers) {
  EXPECT_EQ(TensorMemoryShape::find("32x32b", "x128", false)->num_registers(), 128u);
  EXPECT_EQ(TensorMemoryShape::find("16x128b", "x64", false)->num_registers(), 128u);
  EXPECT_FALSE(TensorMemoryShape::find("16x128b", "x128", false));
  EXPECT_FALSE(TensorMemoryShape::find("16x256b", "x64", false));
}

}  // namespace
}  // namespace emulator
