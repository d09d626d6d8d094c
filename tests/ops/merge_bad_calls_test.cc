// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/calls.h"

namespace mla::testing {
namespace {

using enum ErrorKind;
using Call = MergeCall;
using Bad = BadCall<MergeCall>;

class MergeRejects : public ::testing::TestWithParam<Bad> {};

TEST_P(MergeRejects, WithExactTextAndUntouchedResults) {
  expect_rejected(GetParam());
}

const Bad kBadCalls[] = {
    {"NoPartials", [](Call& c) { c.args.partials.clear(); }, kValue,
     "merge_states: partials must hold at least one, got 0"},
    {"FirstRank", [](Call& c) { c.args.partials[0].out.rank = 2; }, kValue,
     "merge_states: partials[0].out must have 3 dimensions, got 2"},
    {"ColumnsNoMultipleOf8",
     [](Call& c) { c.args.partials[0].out = c.store.zeros(DType::kFloat32, {3, 2, 12}); }, kValue,
     "merge_states: d must be a multiple of 8, got 12"},
    {"NoColumns", [](Call& c) { c.args.partials[0].out.shape[2] = 0; }, kValue,
     "merge_states: d must be at least 8, got 0"},
    {"RowsDiffer", [](Call& c) { c.args.partials[1].out.shape[0] = 2; }, kValue,
     "merge_states: partials[1].out must be [rows, heads, d] = [3, 2, 16], got [2, 2, 16]"},
    {"PartialLseShape", [](Call& c) { c.args.partials[1].lse.shape[1] = 1; }, kValue,
     "merge_states: partials[1].lse must be [rows, heads] = [3, 2], got [3, 1]"},
    {"OutShape", [](Call& c) { c.args.out.shape[2] = 8; }, kValue,
     "merge_states: out must be [rows, heads, d] = [3, 2, 16], got [3, 2, 8]"},
    {"LseRank", [](Call& c) { c.args.lse->rank = 1; }, kValue,
     "merge_states: lse must have 2 dimensions, got 1"},
    {"PartialFloat8", [](Call& c) { c.args.partials[0].out.dtype = DType::kFloat8E4M3; }, kType,
     "merge_states: partials must be float32, bfloat16 or float16, got float8_e4m3fn"},
    {"PartialsOfTwoDtypes", [](Call& c) { c.args.partials[1].out.dtype = DType::kFloat16; }, kType,
     "merge_states: partials[1].out must be float32 as partials[0].out is, got float16"},
    {"PartialLseFloat16", [](Call& c) { c.args.partials[0].lse.dtype = DType::kFloat16; }, kType,
     "merge_states: partials[0].lse must be float32, got float16"},
    {"OutInt8", [](Call& c) { c.args.out.dtype = DType::kInt8; }, kType,
     "merge_states: out must be float32, bfloat16 or float16, got int8"},
    {"PartialElsewhere", [](Call& c) { c.args.partials[1].lse.device = kCuda0; }, kValue,
     "merge_states: partials[1].lse must be on cpu as partials[0].out is, got cuda:0"},
    {"PartialLastStride", [](Call& c) { c.args.partials[1].out.strides[2] = 3; }, kValue,
     "merge_states: partials[1].out must have a last stride of 1, got 3"},
    {"PartialNull", [](Call& c) { c.args.partials[1].out.data = nullptr; }, kValue,
     "merge_states: partials[1].out has elements, so it needs a data pointer, got null"},
    {"PartialMisaligned",
     [](Call& c) { c.args.partials[1].out.data = advance(c.args.partials[1].out.data, 4); }, kValue,
     "merge_states: partials[1].out must start at a multiple of 16 bytes, got 4 bytes past one"},
    {"LseStrided", [](Call& c) { c.args.lse->strides[0] = 4; }, kValue,
     "merge_states: lse must be contiguous, got strides [4, 1]"},
    {"OutInPlace", [](Call& c) { c.args.out.data = c.args.partials[1].out.data; }, kValue,
     "merge_states: out must not overlap partials[1].out, got overlapping memory"},
    {"LseInPlace", [](Call& c) { c.args.lse->data = c.args.partials[0].lse.data; }, kValue,
     "merge_states: lse must not overlap partials[0].lse, got overlapping memory"},
};

INSTANTIATE_TEST_SUITE_P(All, MergeRejects, ::testing::ValuesIn(kBadCalls), test_name<Call>);

}  // namespace
}  // namespace mla::testing
