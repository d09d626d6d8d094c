// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cmath>

#include "ops/calls.h"

namespace mla::testing {
namespace {

using enum ErrorKind;
using Call = KvPackCall;
using Bad = BadCall<KvPackCall>;

class KvPackRejects : public ::testing::TestWithParam<Bad> {};

TEST_P(KvPackRejects, WithExactTextAndUntouchedResults) {
  expect_rejected(GetParam());
}

const Bad kBadCalls[] = {
    {"NopeRank", [](Call& c) { c.args.k_nope.rank = 2; }, kValue,
     "kv_pack: k_nope must have 3 dimensions, got 2"},
    {"PeRank", [](Call& c) { c.args.k_pe.rank = 1; }, kValue,
     "kv_pack: k_pe must have 2 or 3 dimensions, got 1"},
    {"NopeHeads", [](Call& c) { c.args.k_nope.shape[1] = 0; }, kValue,
     "kv_pack: v must be [tokens, heads, d_v] = [3, 0, 128], got [3, 2, 128]"},
    {"ValueColumns", [](Call& c) { c.args.v.shape[2] = 0; }, kValue,
     "kv_pack: v_out must be [tokens, heads, d_v] = [3, 2, 0], got [3, 2, 128]"},
    {"PeTokens", [](Call& c) { c.args.k_pe.shape[0] = 2; }, kValue,
     "kv_pack: k_pe must be [tokens, rope] = [3, 64], got [2, 64]"},
    {"PePerHead", [](Call& c) { c.args.k_pe = c.store.zeros(DType::kBFloat16, {3, 2, 64}); },
     kValue, "kv_pack: k_pe must be [tokens, 1, rope] = [3, 1, 64], got [3, 2, 64]"},
    {"ValueHeads", [](Call& c) { c.args.v.shape[1] = 1; }, kValue,
     "kv_pack: v must be [tokens, heads, d_v] = [3, 2, 128], got [3, 1, 128]"},
    {"KOutWidth", [](Call& c) { c.args.k_out.shape[2] = 128; }, kValue,
     "kv_pack: k_out must be [tokens, heads, nope + rope] = [3, 2, 192], got [3, 2, 128]"},
    {"VOutTokens", [](Call& c) { c.args.v_out.shape[0] = 2; }, kValue,
     "kv_pack: v_out must be [tokens, heads, d_v] = [3, 2, 128], got [2, 2, 128]"},
    {"NopeFloat32", [](Call& c) { c.args.k_nope.dtype = DType::kFloat32; }, kType,
     "kv_pack: k_nope must be bfloat16 or float16, got float32"},
    {"PeOfAnotherDtype", [](Call& c) { c.args.k_pe.dtype = DType::kFloat16; }, kType,
     "kv_pack: k_pe must be bfloat16 as k_nope is, got float16"},
    {"KOutBFloat16", [](Call& c) { c.args.k_out.dtype = DType::kBFloat16; }, kType,
     "kv_pack: k_out must be float8_e4m3fn or float8_e5m2, got bfloat16"},
    {"VOutOfAnotherDtype", [](Call& c) { c.args.v_out.dtype = DType::kFloat8E5M2; }, kType,
     "kv_pack: v_out must be float8_e4m3fn as k_out is, got float8_e5m2"},
    {"ValueElsewhere", [](Call& c) { c.args.v.device = kCuda0; }, kValue,
     "kv_pack: v must be on cpu as k_nope is, got cuda:0"},
    {"KOutElsewhere", [](Call& c) { c.args.k_out.device = kCuda0; }, kValue,
     "kv_pack: k_out must be on cpu as k_nope is, got cuda:0"},
    {"PeLastStride", [](Call& c) { c.args.k_pe.strides[1] = 2; }, kValue,
     "kv_pack: k_pe must have a last stride of 1, got 2"},
    {"ValueNull", [](Call& c) { c.args.v.data = nullptr; }, kValue,
     "kv_pack: v has elements, so it needs a data pointer, got null"},
    {"ValueMisaligned", [](Call& c) { c.args.v.data = advance(c.args.v.data, 1); }, kValue,
     "kv_pack: v must start at a multiple of 2 bytes, got 1 bytes past one"},
    {"KOutBroadcast", [](Call& c) { c.args.k_out.strides[1] = 0; }, kValue,
     "kv_pack: k_out must not overlap itself, got shape [3, 2, 192] with strides [384, 0, 1]"},
    {"KOutOverVOut", [](Call& c) { c.args.k_out.data = advance(c.args.v_out.data, 1); }, kValue,
     "kv_pack: k_out must not overlap v_out, got overlapping memory"},
    {"VOutInPlace", [](Call& c) { c.args.v_out.data = c.args.v.data; }, kValue,
     "kv_pack: v_out must not overlap v, got overlapping memory"},
    {"KScaleNan", [](Call& c) { c.args.k_scale_inv = std::nanf(""); }, kValue,
     "kv_pack: k_scale_inv must be finite, got nan"},
    {"VScaleInfinite", [](Call& c) { c.args.v_scale_inv = INFINITY; }, kValue,
     "kv_pack: v_scale_inv must be finite, got inf"},
};

INSTANTIATE_TEST_SUITE_P(All, KvPackRejects, ::testing::ValuesIn(kBadCalls), test_name<Call>);

}  // namespace
}  // namespace mla::testing
