// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cpu/attention_tile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "cpu/each_target.h"
#include "cpu/reference.h"
#include "cpu/tile_product.h"

namespace mla::cpu {
namespace {

class TileProduct : public EachTarget {};

// Small whole numbers, so that float32 is exact.
TEST_P(TileProduct, AgreesForEveryShapeAndLayout) {
  std::mt19937 random(2);
  std::uniform_int_distribution<int> digit(-9, 9);
  for (const std::int64_t rows : {0, 1, 7, 8, 21}) {
    for (const std::int64_t depth : {0, 1, 191, 400}) {
      for (const std::int64_t columns : {16, 32, 80}) {
        const bool is_transposed = depth % 2 == 1;
        const StridedMatrix a = {nullptr, is_transposed ? 1 : depth + 3,
                                 is_transposed ? rows + 2 : 1};
        const std::int64_t b_stride = columns + 5;
        const std::int64_t c_stride = columns + 7;
        std::vector<float> a_data((rows + 3) * (depth + 3)), b(depth * b_stride),
            c(rows * c_stride);
        for (auto* data : {&a_data, &b, &c}) {
          for (float& value : *data) value = float(digit(random));
        }
        std::vector<float> expected = c;
        for (std::int64_t row = 0; row < rows; ++row) {
          for (std::int64_t column = 0; column < columns; ++column) {
            for (std::int64_t k = 0; k < depth; ++k) {
              expected[row * c_stride + column] +=
                  a_data[row * a.row_stride + k * a.column_stride] * b[k * b_stride + column];
            }
          }
        }
        multiply_add({rows, depth, columns}, {a_data.data(), a.row_stride, a.column_stride},
                     b.data(), b_stride, c.data(), c_stride);
        ASSERT_EQ(c, expected) << rows << " x " << depth << " x " << columns;
      }
    }
  }
}

class Softmax : public EachTarget {
 protected:
  // Scores are what the single query number 1 meets: the keys themselves, in base 2. Value column 0
  // is the key's number, column 1 is one.
  static AttentionTile attend(const std::vector<std::vector<float>>& tiles, int num_rows = 1) {
    AttentionTile tile(
        {.max_rows = num_rows, .max_keys = 70, .d_qk = 1, .d_v = 16, .has_separate_values = true});
    tile.start(num_rows);
    const float one = 1.0f;
    for (int row = 0; row < num_rows; ++row) tile.set_query(row, DType::kFloat32, &one, 1.0f);
    float number = 0;
    for (const std::vector<float>& scores : tiles) {
      for (std::size_t key = 0; key < scores.size(); ++key) {
        tile.key_row(std::int64_t(key))[0] = scores[key];
        std::fill_n(tile.value_row(std::int64_t(key)), 16, 1.0f);
        tile.value_row(std::int64_t(key))[0] = number++;
      }
      tile.attend(std::int64_t(scores.size()));
    }
    return tile;
  }

  static std::vector<float> result(AttentionTile& tile, int row = 0) {
    std::vector<float> out(16);
    tile.store_out(row, 1.0f, DType::kFloat32, out.data());
    return out;
  }
};

TEST_P(Softmax, PowersOfTwoAreRightToTheLastBits) {
  for (double x = -126.0; x <= 0.0; x += 0.0137) {
    AttentionTile tile = attend({{0.0f, float(x)}});
    const double expected = std::exp2(double(float(x)));
    // The weight shows in the mean of the key numbers 0 and 1: w / (1 + w).
    ASSERT_NEAR(result(tile)[0] / (expected / (1 + expected)), 1.0, 4e-7) << x;
  }
}

TEST_P(Softmax, FollowsTheMaximumFromTileToTile) {
  AttentionTile tile = attend({{1.0f, 2.0f}, {100.0f}, {3.0f, 100.0f, -1e30f}});
  EXPECT_EQ(tile.lse(0), 101.0);
  EXPECT_EQ(result(tile)[0], 3.0f);  // the mean of 2 and 4
  EXPECT_EQ(result(tile)[1], 1.0f);
}

TEST_P(Softmax, HugeScoresAreExact) {
  AttentionTile tile = attend({{-3e38f, 3e38f}, {3e38f}});
  EXPECT_EQ(float(tile.lse(0)), 3e38f);
  EXPECT_EQ(result(tile)[0], 1.5f);
  tile = attend({{-3e38f}, {-3e38f}});
  EXPECT_EQ(result(tile)[0], 0.5f);
}

TEST_P(Softmax, NoKeysGiveZeroAndMinusInfinity) {
  AttentionTile tile = attend({});
  EXPECT_EQ(tile.lse(0), -INFINITY);
  EXPECT_EQ(result(tile), std::vector<float>(16, 0.0f));
}

TEST_P(Softmax, NanAndInfiniteScoresGiveNan) {
  for (const float score : {NAN, INFINITY}) {
    AttentionTile tile = attend({{0.0f}, {1.0f, score}, {2.0f}});
    EXPECT_TRUE(std::isnan(tile.lse(0)));
    EXPECT_TRUE(std::isnan(result(tile)[1]));
  }
}

TEST_P(Softmax, EveryRowSeesItsOwnKeysOnly) {
  constexpr int kRows = 21;
  AttentionTile tile({.max_rows = kRows, .max_keys = 24, .d_qk = 1, .d_v = 16});
  tile.start(kRows);
  const float one = 1.0f;
  for (int row = 0; row < kRows; ++row) {
    tile.set_query(row, DType::kFloat32, &one, 1.0f);
    tile.set_num_visible(row, row);
  }
  // Keys are values too. From key `row` on, a row would meet what it must not see.
  for (int key = 0; key < kRows; ++key) std::fill_n(tile.key_row(key), 16, 0.0f);
  std::fill_n(tile.key_row(kRows - 1), 16, NAN);
  tile.attend(kRows);
  for (int row = 0; row < kRows; ++row) {
    EXPECT_EQ(result(tile, row), std::vector<float>(16, 0.0f)) << row;
    EXPECT_TRUE(is_close(tile.lse(row), std::log2(double(row)), 1e-6)) << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, TileProduct, testing::ValuesIn(supported_targets()), target_name);
INSTANTIATE_TEST_SUITE_P(Targets, Softmax, testing::ValuesIn(supported_targets()), target_name);

}  // namespace
}  // namespace mla::cpu
