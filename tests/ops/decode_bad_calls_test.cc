// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include "ops/calls.h"

namespace mla::testing {
namespace {

using enum ErrorKind;
using Call = DecodeCall;
using Bad = BadCall<DecodeCall>;

class DecodeRejects : public ::testing::TestWithParam<Bad> {};

TEST_P(DecodeRejects, WithExactTextAndUntouchedResults) {
  expect_rejected(GetParam());
}

const Bad kShapes[] = {
    {"QueryRank", [](Call& c) { c.args.query.rank = 3; }, kValue,
     "decode: query must have 4 dimensions, got 3"},
    {"QueryWidth", [](Call& c) { c.args.query.shape[3] = 512; }, kValue,
     "decode: query must be [batch, q_len, num_heads, 576] = [2, 2, 4, 576], got [2, 2, 4, 512]"},
    {"QueryLengthZero", [](Call& c) { c.args.query.shape[1] = 0; }, kValue,
     "decode: q_len must be at least 1, got 0"},
    {"NoHeads", [](Call& c) { c.args.query.shape[2] = 0; }, kValue,
     "decode: num_heads must be 1 to 128, got 0"},
    {"TooManyHeads", [](Call& c) { c.args.query.shape[2] = 129; }, kValue,
     "decode: num_heads must be 1 to 128, got 129"},
    {"NegativeBatch", [](Call& c) { c.args.query.shape[0] = -1; }, kValue,
     "decode: batch must be at least 0, got -1"},
    {"BatchAbove2To31", [](Call& c) { c.args.query.shape[0] = std::int64_t{1} << 31; }, kValue,
     "decode: batch must be below 2^31, got 2147483648"},
    {"QueryBeyondAddressSpace",
     [](Call& c) { c.args.query.strides[0] = std::numeric_limits<std::int64_t>::max(); }, kValue,
     "decode: query must fit into the address space, got shape [2, 2, 4, 576] with strides "
     "[9223372036854775807, 2304, 576, 1]"},
    {"NegativePages", [](Call& c) { c.args.kv_cache.shape[0] = -1; }, kValue,
     "decode: kv_cache must have no negative dimension, got [-1, 32, 576]"},
    {"CacheRank", [](Call& c) { c.args.kv_cache.rank = 2; }, kValue,
     "decode: kv_cache must have 3 or 4 dimensions, got 2"},
    {"CacheWidth", [](Call& c) { c.args.kv_cache.shape[2] = 575; }, kValue,
     "decode: kv_cache must be [pages, page_size, 576] = [6, 32, 576], got [6, 32, 575]"},
    {"CacheWithTwoKvHeads",
     [](Call& c) { c.args.kv_cache = c.store.zeros(DType::kBFloat16, {3, 2, 32, 576}); }, kValue,
     "decode: kv_cache must be [pages, 1, page_size, 576] = [3, 1, 32, 576], "
     "got [3, 2, 32, 576]"},
    {"PageSize48", [](Call& c) { c.args.kv_cache = c.store.zeros(DType::kBFloat16, {4, 48, 576}); },
     kValue, "decode: page_size must divide 128, got 48"},
    {"PageSizeZero", [](Call& c) { c.args.kv_cache.shape[1] = 0; }, kValue,
     "decode: page_size must divide 128, got 0"},
    {"PageSize256",
     [](Call& c) { c.args.kv_cache = c.store.zeros(DType::kBFloat16, {1, 256, 576}); }, kValue,
     "decode: page_size must divide 128, got 256"},
    {"TableRank", [](Call& c) { c.args.block_tables.rank = 1; }, kValue,
     "decode: block_tables must have 2 dimensions, got 1"},
    {"TableBatch", [](Call& c) { c.args.block_tables.shape[0] = 1; }, kValue,
     "decode: block_tables must be [batch, max_pages] = [2, 3], got [1, 3]"},
    {"LengthsRank", [](Call& c) { c.args.seq_lens.rank = 2; }, kValue,
     "decode: seq_lens must have 1 dimension, got 2"},
    {"LengthsBatch", [](Call& c) { c.args.seq_lens = c.store.int32({1, 1, 1}); }, kValue,
     "decode: seq_lens must be [batch] = [2], got [3]"},
    {"OutRank", [](Call& c) { c.args.out.rank = 3; }, kValue,
     "decode: out must have 4 dimensions, got 3"},
    {"OutWidth", [](Call& c) { c.args.out = c.store.result(DType::kBFloat16, {2, 2, 4, 576}); },
     kValue,
     "decode: out must be [batch, q_len, num_heads, 512] = [2, 2, 4, 512], got [2, 2, 4, 576]"},
    {"OutBatch", [](Call& c) { c.args.out.shape[0] = 1; }, kValue,
     "decode: out must be [batch, q_len, num_heads, 512] = [2, 2, 4, 512], got [1, 2, 4, 512]"},
    {"LseShape", [](Call& c) { c.args.lse = c.store.result(DType::kFloat32, {2, 4, 2}); }, kValue,
     "decode: lse must be [batch, q_len, num_heads] = [2, 2, 4], got [2, 4, 2]"},
    {"WorkspaceRank", [](Call& c) { c.args.workspace_buffer.rank = 2; }, kValue,
     "decode: workspace_buffer must have 1 dimension, got 2"},
};

const Bad kDtypesAndDevices[] = {
    {"QueryFloat32", [](Call& c) { c.args.query.dtype = DType::kFloat32; }, kType,
     "decode: query must be float16, bfloat16 or float8_e4m3fn, got float32"},
    {"QueryE5M2", [](Call& c) { c.args.query.dtype = DType::kFloat8E5M2; }, kType,
     "decode: query must be float16, bfloat16 or float8_e4m3fn, got float8_e5m2"},
    {"CacheOfAnotherDtype", [](Call& c) { c.args.kv_cache.dtype = DType::kFloat16; }, kType,
     "decode: kv_cache must be bfloat16 as query is, got float16"},
    {"TableInt64", [](Call& c) { c.args.block_tables.dtype = DType::kInt64; }, kType,
     "decode: block_tables must be int32, got int64"},
    {"LengthsInt64", [](Call& c) { c.args.seq_lens.dtype = DType::kInt64; }, kType,
     "decode: seq_lens must be int32, got int64"},
    {"WorkspaceFloat32", [](Call& c) { c.args.workspace_buffer.dtype = DType::kFloat32; }, kType,
     "decode: workspace_buffer must be int8 or uint8, got float32"},
    {"OutFloat16ForBFloat16", [](Call& c) { c.args.out.dtype = DType::kFloat16; }, kType,
     "decode: out must be bfloat16, got float16"},
    {"LseFloat16", [](Call& c) { c.args.lse->dtype = DType::kFloat16; }, kType,
     "decode: lse must be float32, got float16"},
    {"CacheElsewhere", [](Call& c) { c.args.kv_cache.device = kCuda0; }, kValue,
     "decode: kv_cache must be on cpu as query is, got cuda:0"},
    {"TableElsewhere", [](Call& c) { c.args.block_tables.device = kCuda0; }, kValue,
     "decode: block_tables must be on cpu as query is, got cuda:0"},
    {"LengthsElsewhere", [](Call& c) { c.args.seq_lens.device = kCuda0; }, kValue,
     "decode: seq_lens must be on cpu as query is, got cuda:0"},
    {"WorkspaceElsewhere", [](Call& c) { c.args.workspace_buffer.device = kCuda0; }, kValue,
     "decode: workspace_buffer must be on cpu as query is, got cuda:0"},
    {"OutElsewhere", [](Call& c) { c.args.out.device = kCuda0; }, kValue,
     "decode: out must be on cpu as query is, got cuda:0"},
    {"LseElsewhere", [](Call& c) { c.args.lse->device = kCuda0; }, kValue,
     "decode: lse must be on cpu as query is, got cuda:0"},
};

const Bad kLayouts[] = {
    {"QueryLastStride", [](Call& c) { c.args.query.strides[3] = 2; }, kValue,
     "decode: query must have a last stride of 1, got 2"},
    {"QueryNegativeStride", [](Call& c) { c.args.query.strides[0] = -576; }, kValue,
     "decode: query must have no negative stride, got [-576, 2304, 576, 1]"},
    {"QueryNull", [](Call& c) { c.args.query.data = nullptr; }, kValue,
     "decode: query has elements, so it needs a data pointer, got null"},
    {"QueryMisaligned", [](Call& c) { c.args.query.data = advance(c.args.query.data, 2); }, kValue,
     "decode: query must start at a multiple of 16 bytes, got 2 bytes past one"},
    {"CacheMisaligned", [](Call& c) { c.args.kv_cache.data = advance(c.args.kv_cache.data, 8); },
     kValue, "decode: kv_cache must start at a multiple of 16 bytes, got 8 bytes past one"},
    {"TableLastStride", [](Call& c) { c.args.block_tables.strides[1] = 2; }, kValue,
     "decode: block_tables must have a last stride of 1, got 2"},
    {"LengthsStride", [](Call& c) { c.args.seq_lens.strides[0] = 2; }, kValue,
     "decode: seq_lens must have a last stride of 1, got 2"},
    {"LengthsMisaligned", [](Call& c) { c.args.seq_lens.data = advance(c.args.seq_lens.data, 2); },
     kValue, "decode: seq_lens must start at a multiple of 4 bytes, got 2 bytes past one"},
    {"WorkspaceMisaligned",
     [](Call& c) { c.args.workspace_buffer.data = advance(c.args.workspace_buffer.data, 1); },
     kValue, "decode: workspace_buffer must start at a multiple of 16 bytes, got 1 bytes past one"},
    {"OutBroadcast", [](Call& c) { c.args.out.strides[2] = 0; }, kValue,
     "decode: out must not overlap itself, got shape [2, 2, 4, 512] with strides "
     "[4096, 2048, 0, 1]"},
    {"OutLastStride", [](Call& c) { c.args.out.strides[3] = 0; }, kValue,
     "decode: out must have a last stride of 1, got 0"},
    {"LseStrided", [](Call& c) { c.args.lse->strides = {8, 1, 2}; }, kValue,
     "decode: lse must have a last stride of 1, got 2"},
    {"LsePadded",
     [](Call& c) {
       c.args.lse = c.store.result(DType::kFloat32, {2, 2, 8});
       c.args.lse->shape[2] = 4;
     },
     kValue, "decode: lse must be contiguous, got strides [16, 8, 1]"},
    {"OutOverQuery", [](Call& c) { c.args.out.data = c.args.query.data; }, kValue,
     "decode: out must not overlap query, got overlapping memory"},
    {"OutInCache", [](Call& c) { c.args.out.data = advance(c.args.kv_cache.data, 64); }, kValue,
     "decode: out must not overlap kv_cache, got overlapping memory"},
    {"OutInWorkspace",
     [](Call& c) { c.args.out.data = advance(c.args.workspace_buffer.data, 4096); }, kValue,
     "decode: out must not overlap workspace_buffer, got overlapping memory"},
    {"LseInOut", [](Call& c) { c.args.lse->data = c.args.out.data; }, kValue,
     "decode: lse must not overlap out, got overlapping memory"},
    {"LseInWorkspace", [](Call& c) { c.args.lse->data = c.args.workspace_buffer.data; }, kValue,
     "decode: lse must not overlap workspace_buffer, got overlapping memory"},
    {"WorkspaceOverCache", [](Call& c) { c.args.workspace_buffer.data = c.args.kv_cache.data; },
     kValue, "decode: workspace_buffer must not overlap kv_cache, got overlapping memory"},
};

const Bad kOptions[] = {
    {"LatentWidth", [](Call& c) { c.args.kv_lora_rank = 256; }, kValue,
     "decode: kv_lora_rank must be 512, got 256"},
    {"RopeWidth", [](Call& c) { c.args.qk_rope_head_dim = 0; }, kValue,
     "decode: qk_rope_head_dim must be 64, got 0"},
    {"MaxLengthAbove2To31", [](Call& c) { c.args.max_seq_len = std::int64_t{1} << 31; }, kValue,
     "decode: max_seq_len must be below 2^31, got 2147483648"},
    {"NegativeMaxLength", [](Call& c) { c.args.max_seq_len = -1; }, kValue,
     "decode: max_seq_len must be at least 0, got -1"},
    {"ScaleNan", [](Call& c) { c.args.softmax_scale = std::nanf(""); }, kValue,
     "decode: softmax_scale must be finite and above 0, got nan"},
    {"ScaleInfinite", [](Call& c) { c.args.softmax_scale = INFINITY; }, kValue,
     "decode: softmax_scale must be finite and above 0, got inf"},
    {"ScaleZero", [](Call& c) { c.args.softmax_scale = 0; }, kValue,
     "decode: softmax_scale must be finite and above 0, got 0"},
    {"OutputScaleInfinite", [](Call& c) { c.args.output_scale = -INFINITY; }, kValue,
     "decode: output_scale must be finite, got -inf"},
    {"WorldZero", [](Call& c) { c.args.cp_world = 0; }, kValue,
     "decode: cp_world must be at least 1, got 0"},
    {"RankOutsideWorld", [](Call& c) { c.args.cp_rank = 1; }, kValue,
     "decode: cp_rank must be between 0 and 0, got 1"},
    {"RankNegative", [](Call& c) { c.args.cp_rank = -1; }, kValue,
     "decode: cp_rank must be between 0 and 0, got -1"},
    {"WorldWithoutCausalSeqs", [](Call& c) { c.args.cp_world = 2; }, kValue,
     "decode: causal_seqs must be given when cp_world is above 1, got 2"},
    {"CausalSeqsBatch", [](Call& c) { c.args.causal_seqs = c.store.int32({40}); }, kValue,
     "decode: causal_seqs must be [batch] = [2], got [1]"},
    {"CausalSeqsDtype", [](Call& c) { c.args.causal_seqs = c.store.zeros(DType::kInt64, {2}); },
     kType, "decode: causal_seqs must be int32, got int64"},
};

const Bad kContents[] = {
    {"NegativeLength", [](Call& c) { int32_at(c.args.seq_lens, 1) = -1; }, kValue,
     "decode: seq_lens[1] must be between 0 and 96, got -1"},
    {"LengthBeyondTable", [](Call& c) { int32_at(c.args.seq_lens, 0) = 97; }, kValue,
     "decode: seq_lens[0] must be between 0 and 96, got 97"},
    {"LengthsWithoutTable",
     [](Call& c) { c.args.block_tables = c.store.zeros(DType::kInt32, {2, 0}); }, kValue,
     "decode: seq_lens[0] must be between 0 and 0, got 40"},
    {"PageBeyondCache", [](Call& c) { int32_at(c.args.block_tables, 4) = 6; }, kValue,
     "decode: block_tables[1, 1] must name one of the 6 pages of kv_cache, got 6"},
    {"PageNegative", [](Call& c) { int32_at(c.args.block_tables, 0) = -1; }, kValue,
     "decode: block_tables[0, 0] must name one of the 6 pages of kv_cache, got -1"},
    {"NoPages", [](Call& c) { c.args.kv_cache.shape[0] = 0; }, kValue,
     "decode: block_tables[0, 0] must name one of the 0 pages of kv_cache, got 4"},
    {"CausalSeqsNegative", [](Call& c) { c.args.causal_seqs = c.store.int32({40, -3}); }, kValue,
     "decode: causal_seqs[1] must be between 0 and 2147483647, got -3"},
    {"LocalLengthBeyondShare",
     [](Call& c) {
       c.args.cp_world = 2;
       c.args.cp_rank = 1;
       c.args.causal_seqs = c.store.int32({79, 192});
     },
     kValue,
     "decode: seq_lens[0] must not exceed the 39 keys that rank 1 of 2 holds of "
     "causal_seqs[0] = 79, got 40"},
};

INSTANTIATE_TEST_SUITE_P(Shapes, DecodeRejects, ::testing::ValuesIn(kShapes), test_name<Call>);
INSTANTIATE_TEST_SUITE_P(DtypesAndDevices, DecodeRejects, ::testing::ValuesIn(kDtypesAndDevices),
                         test_name<Call>);
INSTANTIATE_TEST_SUITE_P(Layouts, DecodeRejects, ::testing::ValuesIn(kLayouts), test_name<Call>);
INSTANTIATE_TEST_SUITE_P(Options, DecodeRejects, ::testing::ValuesIn(kOptions), test_name<Call>);
INSTANTIATE_TEST_SUITE_P(Contents, DecodeRejects, ::testing::ValuesIn(kContents), test_name<Call>);

}  // namespace
}  // namespace mla::testing
