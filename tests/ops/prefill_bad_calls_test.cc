// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cmath>

#include "ops/calls.h"

namespace mla::testing {
namespace {

using enum ErrorKind;
using Call = PrefillCall;
using Bad = BadCall<PrefillCall>;

class PrefillRejects : public ::testing::TestWithParam<Bad> {};

TEST_P(PrefillRejects, WithExactTextAndUntouchedResults) {
  expect_rejected(GetParam());
}

const Bad kShapes[] = {
    {"QueryRank", [](Call& c) { c.args.query.rank = 4; }, kValue,
     "prefill: query must have 3 dimensions, got 4"},
    {"HeadsNoMultiple",
     [](Call& c) {
       c.args.key = c.store.zeros(DType::kBFloat16, {7, 3, 192});
       c.args.value = c.store.zeros(DType::kBFloat16, {7, 3, 128});
     },
     kValue, "prefill: num_q_heads must be a multiple of num_kv_heads (3), got 4"},
    {"NoKeyHeads", [](Call& c) { c.args.key.shape[1] = 0; }, kValue,
     "prefill: num_kv_heads must be at least 1, got 0"},
    {"KeyWidth", [](Call& c) { c.args.key.shape[2] = 128; }, kValue,
     "prefill: key must be [sum kv, h_k, query's d_qk] = [7, 2, 192], got [7, 2, 128]"},
    {"ValueTokens", [](Call& c) { c.args.value.shape[0] = 6; }, kValue,
     "prefill: value must be [sum kv, h_k, d_v] = [7, 2, 128], got [6, 2, 128]"},
    {"ValueHeads", [](Call& c) { c.args.value.shape[1] = 1; }, kValue,
     "prefill: value must be [sum kv, h_k, d_v] = [7, 2, 128], got [7, 1, 128]"},
    {"HeadDims", [](Call& c) { c.args.value.shape[2] = 64; }, kValue,
     "prefill: (d_qk, d_v) must be (192, 128) or (128, 128), got (192, 64)"},
    {"OutShape", [](Call& c) { c.args.out.shape[0] = 4; }, kValue,
     "prefill: out must be [sum q, h_q, d_v] = [5, 4, 128], got [4, 4, 128]"},
    {"LseShape", [](Call& c) { c.args.lse = c.store.result(DType::kFloat32, {4, 5}); }, kValue,
     "prefill: lse must be [sum q, h_q] = [5, 4], got [4, 5]"},
    {"SumsTooShort", [](Call& c) { c.args.cum_seq_lens_q.shape[0] = 2; }, kValue,
     "prefill: cum_seq_lens_q must be [batch + 1] = [3], got [2]"},
    {"SumsRank", [](Call& c) { c.args.cum_seq_lens_kv.rank = 2; }, kValue,
     "prefill: cum_seq_lens_kv must have 1 dimension, got 2"},
};

const Bad kDtypesAndDevices[] = {
    {"QueryFloat32", [](Call& c) { c.args.query.dtype = DType::kFloat32; }, kType,
     "prefill: query must be float8_e4m3fn, float8_e5m2, bfloat16 or float16, got float32"},
    {"KeyOfAnotherDtype", [](Call& c) { c.args.key.dtype = DType::kFloat16; }, kType,
     "prefill: key must be bfloat16 as query is, got float16"},
    {"ValueOfAnotherDtype", [](Call& c) { c.args.value.dtype = DType::kFloat8E4M3; }, kType,
     "prefill: value must be bfloat16 as query is, got float8_e4m3fn"},
    {"OutFloat16ForBFloat16", [](Call& c) { c.args.out.dtype = DType::kFloat16; }, kType,
     "prefill: out may be float16 only when the inputs are, got bfloat16"},
    {"OutFloat32ForFloat16",
     [](Call& c) {
       for (TensorView* view : {&c.args.query, &c.args.key, &c.args.value})
         view->dtype = DType::kFloat16;
       c.args.out.dtype = DType::kFloat32;
     },
     kType, "prefill: out must be bfloat16, or float16 for float16 inputs, got float32"},
    {"LseBFloat16", [](Call& c) { c.args.lse->dtype = DType::kBFloat16; }, kType,
     "prefill: lse must be float32, got bfloat16"},
    {"SumsInt64", [](Call& c) { c.args.cum_seq_lens_q.dtype = DType::kInt64; }, kType,
     "prefill: cum_seq_lens_q must be int32, got int64"},
    {"ValueElsewhere", [](Call& c) { c.args.value.device = kCuda0; }, kValue,
     "prefill: value must be on cpu as query is, got cuda:0"},
    {"OutElsewhere", [](Call& c) { c.args.out.device = kCuda0; }, kValue,
     "prefill: out must be on cpu as query is, got cuda:0"},
    {"SumsElsewhere", [](Call& c) { c.args.cum_seq_lens_kv.device = kCuda0; }, kValue,
     "prefill: cum_seq_lens_kv must be on cpu as query is, got cuda:0"},
};

const Bad kLayouts[] = {
    {"ValueLastStride", [](Call& c) { c.args.value.strides[2] = 2; }, kValue,
     "prefill: value must have a last stride of 1, got 2"},
    {"KeyNegativeStride", [](Call& c) { c.args.key.strides[0] = -384; }, kValue,
     "prefill: key must have no negative stride, got [-384, 192, 1]"},
    {"KeyNull", [](Call& c) { c.args.key.data = nullptr; }, kValue,
     "prefill: key has elements, so it needs a data pointer, got null"},
    {"ValueMisaligned", [](Call& c) { c.args.value.data = advance(c.args.value.data, 2); }, kValue,
     "prefill: value must start at a multiple of 16 bytes, got 2 bytes past one"},
    {"OutBroadcast", [](Call& c) { c.args.out.strides[0] = 0; }, kValue,
     "prefill: out must not overlap itself, got shape [5, 4, 128] with strides [0, 128, 1]"},
    {"LsePadded", [](Call& c) { c.args.lse->strides[0] = 8; }, kValue,
     "prefill: lse must be contiguous, got strides [8, 1]"},
    {"OutOverKey", [](Call& c) { c.args.out.data = c.args.key.data; }, kValue,
     "prefill: out must not overlap key, got overlapping memory"},
    {"LseInOut", [](Call& c) { c.args.lse->data = c.args.out.data; }, kValue,
     "prefill: lse must not overlap out, got overlapping memory"},
};

const Bad kOptionsAndContents[] = {
    {"NegativeBatch", [](Call& c) { c.args.batch = -1; }, kValue,
     "prefill: batch must be at least 0, got -1"},
    {"NegativeMaxLength", [](Call& c) { c.args.max_seq_len_q = -1; }, kValue,
     "prefill: max_seq_len_q must be at least 0, got -1"},
    {"ScaleNegative", [](Call& c) { c.args.softmax_scale = -1; }, kValue,
     "prefill: softmax_scale must be finite and above 0, got -1"},
    {"SumsStartAboveZero", [](Call& c) { int32_at(c.args.cum_seq_lens_q, 0) = 1; }, kValue,
     "prefill: cum_seq_lens_q[0] must be 0, got 1"},
    {"SumsFall", [](Call& c) { int32_at(c.args.cum_seq_lens_kv, 1) = 8; }, kValue,
     "prefill: cum_seq_lens_kv[2] must be at least cum_seq_lens_kv[1] = 8, got 7"},
    {"QuerySumsEndLate", [](Call& c) { int32_at(c.args.cum_seq_lens_q, 2) = 6; }, kValue,
     "prefill: cum_seq_lens_q[2] must not exceed the number of query tokens, 5, got 6"},
    {"KeySumsEndLate", [](Call& c) { int32_at(c.args.cum_seq_lens_kv, 2) = 9; }, kValue,
     "prefill: cum_seq_lens_kv[2] must not exceed the number of key tokens, 7, got 9"},
};

INSTANTIATE_TEST_SUITE_P(Shapes, PrefillRejects, ::testing::ValuesIn(kShapes), test_name<Call>);
INSTANTIATE_TEST_SUITE_P(DtypesAndDevices, PrefillRejects, ::testing::ValuesIn(kDtypesAndDevices),
                         test_name<Call>);
INSTANTIATE_TEST_SUITE_P(Layouts, PrefillRejects, ::testing::ValuesIn(kLayouts), test_name<Call>);
INSTANTIATE_TEST_SUITE_P(OptionsAndContents, PrefillRejects,
                         ::testing::ValuesIn(kOptionsAndContents), test_name<Call>);

}  // namespace
}  // namespace mla::testing
