// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/tensor.h"

#include <gtest/gtest.h>

#include "check.h"

namespace mla {
namespace {

TEST(Tensor, ContiguousViewHasRowMajorStrides) {
  const TensorView view = contiguous_view(nullptr, DType::kBFloat16, {2, 3, 4});
  EXPECT_EQ(view.strides[0], 12);
  EXPECT_EQ(view.strides[1], 4);
  EXPECT_EQ(view.strides[2], 1);
  EXPECT_TRUE(view.is_contiguous());
  EXPECT_EQ(view.num_elements(), 24);
  EXPECT_EQ(to_string(view), "bfloat16[2, 3, 4] on cpu");
}

TEST(Tensor, StrideOfASingleElementDimensionIsFree) {
  TensorView view = contiguous_view(nullptr, DType::kFloat32, {4, 1, 8});
  view.strides[1] = 576;
  EXPECT_TRUE(view.is_contiguous());
  view.strides[0] = 16;
  EXPECT_FALSE(view.is_contiguous());
}

TEST(Check, SaysExpectationAndValue) {
  const int page_size = 48;
  try {
    MLA_CHECK(128 % page_size == 0, ErrorKind::kValue, "decode", "page_size must divide 128",
              page_size);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "decode: page_size must divide 128, got 48");
    EXPECT_EQ(error.kind(), ErrorKind::kValue);
    EXPECT_EQ(error.value(), "48");
  }
}

}  // namespace
}  // namespace mla
