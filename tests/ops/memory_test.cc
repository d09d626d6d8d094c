// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <set>
#include <vector>

namespace mla {
namespace {

TensorView columns(const TensorView& tensor, std::int64_t begin, std::int64_t end) {
  TensorView view = tensor;
  view.shape[tensor.rank - 1] = end - begin;
  view.data = static_cast<std::byte*>(tensor.data) + begin * size_bytes(tensor.dtype);
  return view;
}

TEST(SpanBytes, ReachesFromTheFirstToTheLastElement) {
  TensorView view = contiguous_view(nullptr, DType::kBFloat16, {3, 4});
  EXPECT_EQ(span_bytes(view), 24);
  view.strides[0] = 10;
  EXPECT_EQ(span_bytes(view), 48);
  view.shape[0] = 0;
  EXPECT_EQ(span_bytes(view), 0);
}

TEST(SpanBytes, IsUnknownBeyondTheAddressSpace) {
  TensorView view = contiguous_view(nullptr, DType::kInt8, {2, 2});
  view.strides[0] = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(span_bytes(view).has_value());
  view.strides[0] = 0;
  view.shape[0] = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(span_bytes(view).has_value());
}

TEST(OverlapsItself, OnlyWhereDimensionsDoNotNest) {
  TensorView view = contiguous_view(nullptr, DType::kInt8, {3, 4, 5});
  EXPECT_FALSE(overlaps_itself(view));
  view.strides = {5, 15, 1};  // transposed
  EXPECT_FALSE(overlaps_itself(view));
  view.strides = {20, 4, 1};  // rows of 5 every 4
  EXPECT_TRUE(overlaps_itself(view));
  view.strides = {0, 5, 1};
  EXPECT_TRUE(overlaps_itself(view));
  view.shape[0] = 1;
  EXPECT_FALSE(overlaps_itself(view));
}

TEST(MayOverlap, SeesSharedAndAdjacentRanges) {
  std::vector<std::byte> bytes(64);
  const TensorView a = contiguous_view(bytes.data(), DType::kInt8, {32});
  EXPECT_TRUE(may_overlap(a, contiguous_view(bytes.data() + 31, DType::kInt8, {8})));
  EXPECT_FALSE(may_overlap(a, contiguous_view(bytes.data() + 32, DType::kInt8, {8})));
  EXPECT_FALSE(may_overlap(a, contiguous_view(bytes.data(), DType::kInt8, {0})));
}

TEST(MayOverlap, TellsInterleavedColumnsApart) {
  std::vector<std::byte> bytes(4 * 2 * 320);
  const TensorView rows = contiguous_view(bytes.data(), DType::kInt8, {4, 2, 320});
  const TensorView left = columns(rows, 0, 192);
  EXPECT_FALSE(may_overlap(left, columns(rows, 192, 320)));
  EXPECT_FALSE(may_overlap(columns(rows, 192, 320), left));
  EXPECT_TRUE(may_overlap(left, columns(rows, 191, 320)));
  EXPECT_TRUE(may_overlap(columns(rows, 191, 320), left));
}

// Marks each byte of a tensor of bytes in a buffer that starts at `origin`.
std::set<std::ptrdiff_t> bytes_of(const TensorView& rows, const std::byte* origin) {
  std::set<std::ptrdiff_t> bytes;
  for (std::int64_t i = 0; i < rows.shape[0]; ++i) {
    for (std::int64_t j = 0; j < rows.shape[1]; ++j) {
      bytes.insert(static_cast<std::byte*>(rows.data) - origin + i * rows.strides[0] + j);
    }
  }
  return bytes;
}

bool share_a_byte(const TensorView& a, const TensorView& b, const std::byte* origin) {
  const auto bytes = bytes_of(a, origin);
  return std::ranges::any_of(bytes_of(b, origin),
                             [&](std::ptrdiff_t byte) { return bytes.contains(byte); });
}

class MayOverlapRows : public ::testing::TestWithParam<std::int64_t> {};

TEST_P(MayOverlapRows, AgreesWithCountingBytes) {
  const std::int64_t stride = GetParam();
  std::vector<std::byte> bytes(256);
  TensorView a = contiguous_view(bytes.data() + 100, DType::kInt8, {3, 2});
  a.strides[0] = 8;
  for (std::int64_t offset = -40; offset <= 40; ++offset) {
    for (std::int64_t width = 1; width <= 4; ++width) {
      TensorView b = contiguous_view(bytes.data() + 100 + offset, DType::kInt8, {4, width});
      b.strides[0] = stride;
      const bool is_shared = share_a_byte(a, b, bytes.data());
      // Never misses shared bytes; with equal row strides and rows that do not wrap, is exact.
      if (is_shared) {
        EXPECT_TRUE(may_overlap(a, b)) << "offset " << offset << ", width " << width;
      } else if (stride == 8 && offset >= 0 && offset % 8 + width <= 8) {
        EXPECT_FALSE(may_overlap(a, b)) << "offset " << offset << ", width " << width;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Strides, MayOverlapRows, ::testing::Range<std::int64_t>(1, 13));

}  // namespace
}  // namespace mla
