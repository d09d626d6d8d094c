// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_box.h"

#include <gtest/gtest.h>

#include <vector>

namespace emulator {
namespace {

using Mode = TensorBox::Mode;

// 16-bit elements; dimension i has `sizes[i]` of them, planes follow each other without gaps.
TensorMap packed_map(const std::vector<uint32_t>& sizes, const std::vector<uint16_t>& box) {
  TensorMap map;
  map.magic = TensorMap::kMagic;
  map.rank = static_cast<uint8_t>(sizes.size());
  map.data_type = 1;
  map.address = 0x10000;
  uint64_t stride = 2;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (i > 0) map.stride_bytes[i - 1] = stride;
    stride *= sizes[i];
    map.last_index[i] = sizes[i] - 1;
    map.box[i] = box[i];
    map.element_strides[i] = 1;
  }
  return map;
}

TEST(TensorBox, CountsRowsOfAllOuterDimensions) {
  const TensorMap map = packed_map({64, 8, 6, 4}, {16, 4, 3, 2});
  const TensorBox box(map, Mode::kTile, std::vector<int32_t>{0, 0, 0, 0});
  EXPECT_EQ(box.row_bytes(), 32u);
  EXPECT_EQ(box.num_rows(), 24u);
  EXPECT_EQ(box.bytes(), 768u);
}

TEST(TensorBox, WalksDimensionOneFirst) {
  const TensorMap map = packed_map({64, 8, 6, 4}, {16, 4, 3, 2});
  const TensorBox box(map, Mode::kTile, std::vector<int32_t>{8, 1, 2, 1});
  for (uint32_t i = 0; i < box.num_rows(); ++i) {
    const uint64_t y = 1 + i % 4;
    const uint64_t z = 2 + i / 4 % 3;
    const uint64_t w = 1 + i / 12;
    EXPECT_EQ(box.row(i).address, 0x10000 + 2 * (8 + 64 * (y + 8 * (z + 6 * w)))) << i;
    EXPECT_EQ(box.row(i).shared_offset, i * 32);
  }
}

TEST(TensorBox, CutsRowsOffAtBothEnds) {
  const TensorMap map = packed_map({20, 4}, {32, 2});
  const BoxRow row = TensorBox(map, Mode::kTile, std::vector<int32_t>{-8, 0}).row(0);
  EXPECT_EQ(row.inside_begin, 16u);
  EXPECT_EQ(row.inside_end, 56u);
  EXPECT_EQ(row.address, 0x10000u);
}

TEST(TensorBox, HasNothingInsideWhereADimensionIsOutside) {
  const TensorMap map = packed_map({64, 4}, {16, 4});
  const TensorBox below(map, Mode::kTile, std::vector<int32_t>{0, 2});
  EXPECT_EQ(below.row(1).inside_bytes(), 32u);
  EXPECT_EQ(below.row(2).inside_bytes(), 0u);
  const TensorBox above(map, Mode::kTile, std::vector<int32_t>{0, -1});
  EXPECT_EQ(above.row(0).inside_bytes(), 0u);
  EXPECT_EQ(above.row(1).inside_bytes(), 32u);
  EXPECT_EQ(TensorBox(map, Mode::kTile, std::vector<int32_t>{64, 0}).row(0).inside_bytes(), 0u);
}

TEST(TensorBox, StepsOverElements) {
  TensorMap map = packed_map({64, 40}, {16, 13});
  map.element_strides[1] = 5;
  const TensorBox box(map, Mode::kTile, std::vector<int32_t>{0, 2});
  EXPECT_EQ(box.num_rows(), 3u);
  EXPECT_EQ(box.row(2).address, 0x10000u + 12 * 128);
}

TEST(TensorBox, RowsOfASwizzledBoxBeginNewSpans) {
  TensorMap map = packed_map({64, 40}, {16, 4});
  map.swizzle = Swizzle::k128B;
  const TensorBox box(map, Mode::kTile, std::vector<int32_t>{0, 0});
  EXPECT_EQ(box.row(3).shared_offset, 384u);
  EXPECT_EQ(box.bytes(), 128u);
}

TEST(TensorBox, FourRowsComeFromAnywhere) {
  const TensorMap map = packed_map({64, 40}, {16, 1});
  const TensorBox box(map, Mode::kFourRows, std::vector<int32_t>{8, 30, 2, 40, 2});
  EXPECT_EQ(box.num_rows(), 4u);
  EXPECT_EQ(box.row(0).address, 0x10000u + 30 * 128 + 16);
  EXPECT_EQ(box.row(1).address, 0x10000u + 2 * 128 + 16);
  EXPECT_EQ(box.row(2).inside_bytes(), 0u);
  EXPECT_EQ(box.row(3).address, box.row(1).address);
  EXPECT_EQ(box.row(3).shared_offset, 96u);
}

TEST(TensorBox, ReachesTheLastOfTwoToThe32Elements) {
  TensorMap map = packed_map({64, 2}, {16, 1});
  map.last_index[1] = 0xffffffff;
  map.stride_bytes[0] = 16;
  const TensorBox box(map, Mode::kTile, std::vector<int32_t>{0, 0x7fffffff});
  EXPECT_EQ(box.row(0).address, 0x10000 + uint64_t{0x7fffffff} * 16);
}

}  // namespace
}  // namespace emulator
