// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cases/prefill_call.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/compare.h"

namespace mla::test {
namespace {

std::int64_t longest(const std::vector<std::int64_t>& lengths) {
  return lengths.empty() ? 0 : *std::ranges::max_element(lengths);
}

ExpectedAttention expect_prefill(const PrefillInputs& inputs, const Case& c, bool is_causal,
                                 Target& target) {
  const DType dtype = inputs.query.dtype();
  const Attention attention = reference_prefill(inputs, c.get<double>("softmax_scale"), is_causal,
                                                target.probability_dtype(dtype));
  return expected_attention(attention, c.dtype("out_dtype"), inputs.query.shape()[2], c.lse_base(),
                            target.sum_cutoff(dtype), target.inner_rounding(dtype),
                            target.probability_rounding(dtype));
}

// A prefix without mask and the new tokens under the case's mask, merged, against the whole.
void check_merge(const PrefillInputs& inputs, const Case& c, const ExpectedAttention& whole,
                 Target& target) {
  const std::vector<std::int64_t> none(inputs.kv_lens.size(), 0);
  std::vector<std::int64_t> split;
  for (std::size_t b = 0; b < inputs.kv_lens.size(); ++b) {
    split.push_back(inputs.kv_lens[b] - std::min(inputs.q_lens[b], inputs.kv_lens[b]));
  }
  const PrefillInputs prefix = inputs.keys(none, split);
  const PrefillInputs suffix = inputs.keys(split, inputs.kv_lens);
  const bool is_causal = c.get<bool>("is_causal");
  const ExpectedAttention expected = combine_parts(
      whole,
      {expect_prefill(prefix, c, false, target), expect_prefill(suffix, c, is_causal, target)});
  const Result merged =
      run_merge({run_prefill(prefix, c, false, target), run_prefill(suffix, c, is_causal, target)},
                c.dtype("out_dtype"), c.lse_base(), target);
  EXPECT_TRUE(agrees(merged.out, expected.out)) << "merged out";
  EXPECT_TRUE(agrees(merged.lse, expected.lse)) << "merged lse";
}

}  // namespace

PrefillProblem prefill_problem(const PrefillInputs& inputs, const Case& c) {
  return {.dtype = inputs.query.dtype(),
          .out_dtype = c.dtype("out_dtype"),
          .batch = static_cast<std::int64_t>(inputs.q_lens.size()),
          .total_q = inputs.query.shape()[0],
          .total_kv = inputs.key.shape()[0],
          .max_seq_len_q = longest(inputs.q_lens),
          .max_seq_len_kv = longest(inputs.kv_lens),
          .num_q_heads = static_cast<int>(inputs.query.shape()[1]),
          .num_kv_heads = static_cast<int>(inputs.key.shape()[1]),
          .d_qk = static_cast<int>(inputs.query.shape()[2]),
          .d_v = static_cast<int>(inputs.value.shape()[2]),
          .is_causal = c.get<bool>("is_causal")};
}

Result run_prefill(const PrefillInputs& inputs, const Case& c, bool is_causal, Target& target,
                   bool with_lse) {
  const Shape& query = inputs.query.shape();
  Result result{HostTensor(c.dtype("out_dtype"), {query[0], query[1], inputs.value.shape()[2]}),
                HostTensor(DType::kFloat32, {query[0], query[1]})};
  const HostTensor cum_kv = cumulative(inputs.kv_lens), cum_q = cumulative(inputs.q_lens);
  PrefillArgs args{.query = target.upload(inputs.query),
                   .key = target.upload(inputs.key),
                   .value = target.upload(inputs.value),
                   .out = target.upload(result.out),
                   .cum_seq_lens_kv = target.upload(cum_kv),
                   .cum_seq_lens_q = target.upload(cum_q),
                   .lse = std::nullopt,
                   .batch = static_cast<std::int64_t>(inputs.q_lens.size()),
                   .max_seq_len_q = longest(inputs.q_lens),
                   .max_seq_len_kv = longest(inputs.kv_lens),
                   .softmax_scale = c.get<float>("softmax_scale"),
                   .is_causal = is_causal,
                   .enable_pdl = c.get<bool>("enable_pdl"),
                   .lse_base = c.lse_base()};
  if (with_lse) args.lse = target.upload(result.lse);
  prefill(args, target.runtime());
  target.download(result.out);
  if (with_lse) target.download(result.lse);
  return result;
}

void check_prefill_case(const Case& c, Target& target) {
  const bool is_causal = c.get<bool>("is_causal");
  const PrefillInputs inputs = make_prefill_inputs(c);
  const ExpectedAttention expected = expect_prefill(inputs, c, is_causal, target);
  const Result result = run_prefill(inputs, c, is_causal, target);
  EXPECT_TRUE(agrees(result.out, expected.out)) << "out";
  EXPECT_TRUE(agrees(result.lse, expected.lse)) << "lse";
  if (c.has_check("repeat")) {
    const Result again = run_prefill(inputs, c, is_causal, target);
    EXPECT_TRUE(same_bits(again.out, result.out));
    EXPECT_TRUE(same_bits(again.lse, result.lse));
  }
  if (c.has_check("without_lse")) {
    const Result without = run_prefill(inputs, c, is_causal, target, false);
    EXPECT_TRUE(same_bits(without.out, result.out)) << "out without lse";
  }
  if (c.has_check("merge")) check_merge(inputs, c, expected, target);
}

}  // namespace mla::test
