// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <limits>

#include "ops/calls.h"

// Calls on the edge of what is legal: each must be taken.
namespace mla::testing {
namespace {

template <typename Call>
struct EdgeCall {
  const char* name;
  void (*move)(Call&);

  friend std::ostream& operator<<(std::ostream& stream, const EdgeCall& edge) {
    return stream << edge.name;
  }
};

template <typename Call>
void expect_taken(const EdgeCall<Call>& edge) {
  Call call;
  edge.move(call);
  EXPECT_NO_THROW(call.run());
}

template <typename Call>
std::string edge_name(const ::testing::TestParamInfo<EdgeCall<Call>>& info) {
  return info.param.name;
}

class DecodeTakes : public ::testing::TestWithParam<EdgeCall<DecodeCall>> {};
TEST_P(DecodeTakes, TheEdge) {
  expect_taken(GetParam());
}

const EdgeCall<DecodeCall> kDecodeEdges[] = {
    {"TheGoodCall", [](DecodeCall&) {}},
    {"NoRequests",
     [](DecodeCall& c) {
       for (TensorView* view : {&c.args.query, &c.args.block_tables, &c.args.seq_lens, &c.args.out})
         view->shape[0] = 0;
       c.args.lse->shape[0] = 0;
       c.args.query.data = nullptr;
       c.args.workspace_buffer = c.store.result(DType::kInt8, {0});
     }},
    {"NoKeysNoPagesNoTable",
     [](DecodeCall& c) {
       c.args.seq_lens = c.store.int32({0, 0});
       c.args.block_tables = c.store.zeros(DType::kInt32, {2, 0});
       c.args.kv_cache = c.store.zeros(DType::kBFloat16, {0, 32, 576});
     }},
    {"GarbagePastUsedTableColumns",
     [](DecodeCall& c) { int32_at(c.args.block_tables, 2) = 1 << 30; }},
    {"LengthsAboveMaxSeqLen", [](DecodeCall& c) { c.args.max_seq_len = 1; }},
    {"LargestMaxSeqLen", [](DecodeCall& c) { c.args.max_seq_len = INT32_MAX; }},
    {"FourDimensionalCache",
     [](DecodeCall& c) { c.args.kv_cache = c.store.zeros(DType::kBFloat16, {6, 1, 32, 576}); }},
    {"BroadcastQuery", [](DecodeCall& c) { c.args.query.strides[0] = 0; }},
    {"OutInWiderRows",
     [](DecodeCall& c) {
       c.args.out = c.store.result(DType::kBFloat16, {2, 2, 4, 576});
       c.args.out.shape[3] = 512;
     }},
    {"WithoutLse", [](DecodeCall& c) { c.args.lse.reset(); }},
    {"RankWithItsShare",
     [](DecodeCall& c) {
       c.args.cp_world = 2;
       c.args.cp_rank = 1;
       c.args.causal_seqs = c.store.int32({81, 192});
     }},
    {"RankWithoutKeys",
     [](DecodeCall& c) {
       c.args.seq_lens = c.store.int32({0, 0});
       c.args.cp_world = 8;
       c.args.cp_rank = 7;
       c.args.causal_seqs = c.store.int32({7, 0});
     }},
};

INSTANTIATE_TEST_SUITE_P(Edges, DecodeTakes, ::testing::ValuesIn(kDecodeEdges),
                         edge_name<DecodeCall>);

class PrefillTakes : public ::testing::TestWithParam<EdgeCall<PrefillCall>> {};
TEST_P(PrefillTakes, TheEdge) {
  expect_taken(GetParam());
}

const EdgeCall<PrefillCall> kPrefillEdges[] = {
    {"TheGoodCall", [](PrefillCall&) {}},
    {"NoRequests",
     [](PrefillCall& c) {
       for (TensorView* view : {&c.args.query, &c.args.key, &c.args.value, &c.args.out})
         view->shape[0] = 0;
       c.args.lse->shape[0] = 0;
       c.args.batch = 0;
       c.args.cum_seq_lens_q = c.store.int32({0});
       c.args.cum_seq_lens_kv = c.store.int32({0});
     }},
    {"RequestWithoutQuery", [](PrefillCall& c) { int32_at(c.args.cum_seq_lens_q, 1) = 0; }},
    {"RequestWithoutKeys", [](PrefillCall& c) { int32_at(c.args.cum_seq_lens_kv, 1) = 0; }},
    {"NoKeysAtAll",
     [](PrefillCall& c) {
       c.args.key = c.store.zeros(DType::kBFloat16, {0, 2, 192});
       c.args.value = c.store.zeros(DType::kBFloat16, {0, 2, 128});
       c.args.cum_seq_lens_kv = c.store.int32({0, 0, 0});
     }},
    {"LengthsAboveTheBounds",
     [](PrefillCall& c) { c.args.max_seq_len_q = c.args.max_seq_len_kv = 0; }},
    {"KeyAndValueInOneProjection",
     [](PrefillCall& c) {
       const TensorView projection = c.store.zeros(DType::kBFloat16, {7, 2, 320});
       c.args.key = c.args.value = projection;
       c.args.key.shape[2] = 192;
       c.args.value.shape[2] = 128;
       c.args.value.data = advance(projection.data, 192 * 2);
     }},
    {"Float16Out",
     [](PrefillCall& c) {
       for (TensorView* view : {&c.args.query, &c.args.key, &c.args.value, &c.args.out})
         view->dtype = DType::kFloat16;
     }},
    {"WithoutLse", [](PrefillCall& c) { c.args.lse.reset(); }},
};

INSTANTIATE_TEST_SUITE_P(Edges, PrefillTakes, ::testing::ValuesIn(kPrefillEdges),
                         edge_name<PrefillCall>);

class KvPackTakes : public ::testing::TestWithParam<EdgeCall<KvPackCall>> {};
TEST_P(KvPackTakes, TheEdge) {
  expect_taken(GetParam());
}

const EdgeCall<KvPackCall> kKvPackEdges[] = {
    {"TheGoodCall", [](KvPackCall&) {}},
    {"NoTokens",
     [](KvPackCall& c) {
       for (TensorView* view :
            {&c.args.k_nope, &c.args.k_pe, &c.args.v, &c.args.k_out, &c.args.v_out})
         view->shape[0] = 0;
     }},
    {"NoHeads",
     [](KvPackCall& c) {
       for (TensorView* view : {&c.args.k_nope, &c.args.v, &c.args.k_out, &c.args.v_out})
         view->shape[1] = 0;
     }},
    {"WithoutRope",
     [](KvPackCall& c) {
       c.args.k_pe = c.store.zeros(DType::kBFloat16, {3, 0});
       c.args.k_out = c.store.result(DType::kFloat8E4M3, {3, 2, 128});
     }},
    {"ThreeDimensionalPe",
     [](KvPackCall& c) { c.args.k_pe = c.store.zeros(DType::kBFloat16, {3, 1, 64}); }},
    {"ResultsInOneBuffer",
     [](KvPackCall& c) {
       const TensorView rows = c.store.result(DType::kFloat8E5M2, {3, 2, 320});
       c.args.k_out = c.args.v_out = rows;
       c.args.k_out.shape[2] = 192;
       c.args.v_out.shape[2] = 128;
       c.args.v_out.data = advance(rows.data, 192);
     }},
    {"OddColumnsAndAlignment",
     [](KvPackCall& c) {
       c.args.k_nope = c.store.zeros(DType::kBFloat16, {3, 2, 7});
       c.args.k_pe = c.store.zeros(DType::kBFloat16, {3, 3});
       c.args.k_out = c.store.result(DType::kFloat8E4M3, {3, 2, 11});
       c.args.k_out.shape[2] = 10;
       c.args.k_out.data = advance(c.args.k_out.data, 1);
     }},
};

INSTANTIATE_TEST_SUITE_P(Edges, KvPackTakes, ::testing::ValuesIn(kKvPackEdges),
                         edge_name<KvPackCall>);

class MergeTakes : public ::testing::TestWithParam<EdgeCall<MergeCall>> {};
TEST_P(MergeTakes, TheEdge) {
  expect_taken(GetParam());
}

const EdgeCall<MergeCall> kMergeEdges[] = {
    {"TheGoodCall", [](MergeCall&) {}},
    {"OnePartial", [](MergeCall& c) { c.args.partials.pop_back(); }},
    {"OnePartialTwice", [](MergeCall& c) { c.args.partials[1] = c.args.partials[0]; }},
    {"NoRows",
     [](MergeCall& c) {
       for (MergePartial& partial : c.args.partials)
         partial.out.shape[0] = partial.lse.shape[0] = 0;
       c.args.out.shape[0] = c.args.lse->shape[0] = 0;
     }},
    {"NoHeads",
     [](MergeCall& c) {
       for (MergePartial& partial : c.args.partials)
         partial.out.shape[1] = partial.lse.shape[1] = 0;
       c.args.out.shape[1] = c.args.lse->shape[1] = 0;
     }},
    {"Float32Out", [](MergeCall& c) { c.args.out = c.store.result(DType::kFloat32, {3, 2, 16}); }},
    {"WithoutLse", [](MergeCall& c) { c.args.lse.reset(); }},
};

INSTANTIATE_TEST_SUITE_P(Edges, MergeTakes, ::testing::ValuesIn(kMergeEdges), edge_name<MergeCall>);

}  // namespace
}  // namespace mla::testing
