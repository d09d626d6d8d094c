// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cases/decode_call.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/compare.h"

namespace mla::test {
namespace {

std::int64_t longest(const DecodeInputs& inputs) {
  std::int64_t result = 0;
  for (std::int64_t b = 0; b < inputs.batch(); ++b) result = std::max(result, inputs.seq_len(b));
  return result;
}

std::int64_t max_seq_len(const DecodeInputs& inputs, const Case& c) {
  const auto given = c.get<std::int64_t>("max_seq_len");
  return given > 0 ? given : longest(inputs);
}

DecodeArgs make_args(const DecodeInputs& inputs, const Case& c, Target& target) {
  DecodeArgs args;
  args.query = target.upload(inputs.query);
  args.kv_cache = target.upload(inputs.kv_cache);
  args.block_tables = target.upload(inputs.block_tables);
  args.seq_lens = target.upload(inputs.seq_lens);
  args.max_seq_len = max_seq_len(inputs, c);
  args.softmax_scale = c.get<float>("softmax_scale");
  args.output_scale = c.get<float>("output_scale");
  args.is_causal = c.get<bool>("is_causal");
  args.enable_pdl = c.get<bool>("enable_pdl");
  args.lse_base = c.lse_base();
  args.batch_invariant = c.get<bool>("batch_invariant");
  args.cp_world = inputs.cp_world;
  args.cp_rank = inputs.cp_rank;
  if (inputs.causal_seqs) args.causal_seqs = target.upload(*inputs.causal_seqs);
  return args;
}

// Exactly what decode_workspace_size asks for, filled with the case's byte.
HostTensor make_workspace(const DecodeInputs& inputs, const Case& c, bool with_lse,
                          Target& target) {
  const DeviceFacts& device = target.runtime().device(target.device());
  HostTensor workspace(DType::kUInt8,
                       {decode_workspace_size(decode_problem(inputs, c, with_lse), device)});
  workspace.fill_bytes(c.get<std::uint8_t>("workspace_fill"));
  return workspace;
}

ExpectedAttention expect_decode(const DecodeInputs& inputs, const Case& c, Target& target) {
  const DType dtype = inputs.query.dtype();
  const Attention attention = reference_decode(inputs, c, target.probability_dtype(dtype));
  return expected_attention(attention, decode_out_dtype(dtype), kCacheWidth, c.lse_base(),
                            target.sum_cutoff(dtype), target.inner_rounding(dtype));
}

void expect_agreement(const Result& result, const ExpectedAttention& expected, const char* what) {
  EXPECT_TRUE(agrees(result.out, expected.out)) << what << " out";
  EXPECT_TRUE(agrees(result.lse, expected.lse)) << what << " lse";
}

// Every rank against its own reference, then the merge of all against the whole.
void check_context_parallel(const Case& c, Target& target) {
  const int world = c.get<int>("cp_world");
  std::vector<Result> results;
  std::vector<ExpectedAttention> expected;
  for (int rank = 0; rank < world; ++rank) {
    const DecodeInputs inputs = make_decode_inputs(c, world, rank);
    expected.push_back(expect_decode(inputs, c, target));
    results.push_back(run_decode(inputs, c, target));
    expect_agreement(results.back(), expected.back(), "rank");
  }
  const DecodeInputs whole = make_decode_inputs(c);
  const Result merged =
      run_merge(results, decode_out_dtype(whole.query.dtype()), c.lse_base(), target);
  expect_agreement(merged, combine_parts(expect_decode(whole, c, target), expected), "merged");
}

// Each request of the batch as a batch of its own has the same bits.
void check_alone(const DecodeInputs& inputs, const Case& c, const Result& result, Target& target) {
  for (std::int64_t b = 0; b < inputs.batch(); ++b) {
    const Result alone = run_decode(inputs.request(b), c, target);
    EXPECT_TRUE(same_bits(alone.out, result.out.slice(b))) << "request " << b << " alone";
  }
}

}  // namespace

DecodeProblem decode_problem(const DecodeInputs& inputs, const Case& c, bool with_lse) {
  return {.dtype = inputs.query.dtype(),
          .batch = inputs.batch(),
          .q_len = inputs.query.shape()[1],
          .num_heads = static_cast<int>(inputs.query.shape()[2]),
          .page_size = c.get<int>("page_size"),
          .max_seq_len = max_seq_len(inputs, c),
          .is_causal = c.get<bool>("is_causal"),
          .has_lse = with_lse,
          .enable_pdl = c.get<bool>("enable_pdl"),
          .batch_invariant = c.get<bool>("batch_invariant"),
          .cp_world = inputs.cp_world};
}

Result run_decode(const DecodeInputs& inputs, const Case& c, Target& target, bool with_lse) {
  const Shape& query = inputs.query.shape();
  Result result{HostTensor(decode_out_dtype(inputs.query.dtype()),
                           {query[0], query[1], query[2], kLatentDim}),
                HostTensor(DType::kFloat32, {query[0], query[1], query[2]})};
  DecodeArgs args = make_args(inputs, c, target);
  const HostTensor workspace = make_workspace(inputs, c, with_lse, target);
  args.workspace_buffer = target.upload(workspace);
  args.out = target.upload(result.out);
  if (with_lse) args.lse = target.upload(result.lse);
  decode(args, target.runtime());
  target.download(result.out);
  if (with_lse) target.download(result.lse);
  EXPECT_TRUE(workspace.is_intact()) << "workspace written outside";
  return result;
}

void check_decode_case(const Case& c, Target& target) {
  if (c.get<int>("cp_world") > 1) return check_context_parallel(c, target);
  const DecodeInputs inputs = make_decode_inputs(c);
  const Result result = run_decode(inputs, c, target);
  expect_agreement(result, expect_decode(inputs, c, target), "");
  if (c.has_check("repeat")) {
    const Result again = run_decode(inputs, c, target);
    EXPECT_TRUE(same_bits(again.out, result.out));
    EXPECT_TRUE(same_bits(again.lse, result.lse));
  }
  if (c.has_check("without_lse")) {
    EXPECT_TRUE(same_bits(run_decode(inputs, c, target, false).out, result.out)) << "without lse";
  }
  if (c.has_check("alone")) check_alone(inputs, c, result, target);
}

}  // namespace mla::test
