// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_data_path.h"

#include <gtest/gtest.h>

#include <functional>

namespace emulator {
namespace {

struct Element {
  uint32_t row, column;
};

// A layout of the manual: which element of a CTA's part of D a word of tensor memory holds.
struct Figure {
  const char* layout;
  MmaVariant variant;
  uint32_t m, n, num_columns;
  std::function<bool(uint32_t lane)> is_used;
  std::function<Element(uint32_t lane, uint32_t column)> element;
};

bool every_lane(uint32_t) {
  return true;
}

const Figure kFigures[] = {
    {"A",
     {MmaKind::kF16, 2, false},
     256,
     64,
     64,
     every_lane,
     [](uint32_t l, uint32_t c) { return Element{l, c}; }},
    {"B",
     {MmaKind::kF16, 2, false},
     128,
     64,
     32,
     every_lane,
     [](uint32_t l, uint32_t c) { return Element{l % 64, l < 64 ? c : c + 32}; }},
    {"D",
     {MmaKind::kF16, 1, false},
     128,
     64,
     64,
     every_lane,
     [](uint32_t l, uint32_t c) { return Element{l, c}; }},
    {"E",
     {MmaKind::kF16, 1, true},
     64,
     128,
     64,
     every_lane,
     [](uint32_t l, uint32_t c) { return Element{l % 64, l < 64 ? c : c + 64}; }},
    {"F",
     {MmaKind::kF16, 1, false},
     64,
     64,
     64,
     [](uint32_t l) { return l % 32 < 16; },
     [](uint32_t l, uint32_t c) { return Element{l / 32 * 16 + l % 16, c}; }},
    {"G",
     {MmaKind::kF16, 1, true},
     32,
     64,
     16,
     every_lane,
     [](uint32_t l, uint32_t c) { return Element{l % 32, c + l / 32 * 16}; }},
};

TEST(TensorDataPath, EveryWordHoldsTheElementOfTheFigure) {
  for (const Figure& figure : kFigures) {
    const TensorDataPath path = TensorDataPath::find(figure.variant, figure.m);
    EXPECT_EQ(path.num_columns(figure.n), figure.num_columns) << figure.layout;
    uint32_t num_words = 0;
    for (uint32_t lane = 0; lane < 128; ++lane) {
      if (!figure.is_used(lane)) continue;
      for (uint32_t column = 0; column < figure.num_columns; ++column) {
        const Element e = figure.element(lane, column);
        const TensorMemoryAddress place = path.place(e.row, e.column, figure.n);
        EXPECT_EQ(place.lane, lane) << figure.layout;
        EXPECT_EQ(place.column, column) << figure.layout;
        ++num_words;
      }
    }
    EXPECT_EQ(num_words, path.num_rows * figure.n) << figure.layout;
  }
}

}  // namespace
}  // namespace emulator
