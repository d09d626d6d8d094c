// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdint>

#include "check.h"
#include "ops/check_args.h"
#include "ops/contents.h"
#include "ops/expect.h"
#include "plan/check_problem.h"

namespace mla {
namespace {

constexpr const char* kWhere = "prefill";

// The arguments under their public names.
struct Named {
  explicit Named(const PrefillArgs& args)
      : query{"query", args.query},
        key{"key", args.key},
        value{"value", args.value},
        out{"out", args.out},
        cum_seq_lens_q{"cum_seq_lens_q", args.cum_seq_lens_q},
        cum_seq_lens_kv{"cum_seq_lens_kv", args.cum_seq_lens_kv} {}

  NamedTensor query, key, value, out, cum_seq_lens_q, cum_seq_lens_kv;
};

void check_options(const PrefillArgs& args) {
  MLA_CHECK(std::isfinite(args.softmax_scale) && args.softmax_scale > 0, ErrorKind::kValue, kWhere,
            "softmax_scale must be finite and above 0", args.softmax_scale);
}

PrefillProblem problem_of(const PrefillArgs& args) {
  return {.dtype = args.query.dtype,
          .out_dtype = args.out.dtype,
          .batch = args.batch,
          .total_q = args.query.shape[0],
          .total_kv = args.key.shape[0],
          .max_seq_len_q = args.max_seq_len_q,
          .max_seq_len_kv = args.max_seq_len_kv,
          .num_q_heads = clamped_int(args.query.shape[1]),
          .num_kv_heads = clamped_int(args.key.shape[1]),
          .d_qk = clamped_int(args.query.shape[2]),
          .d_v = clamped_int(args.value.shape[2]),
          .is_causal = args.is_causal,
          .has_lse = args.lse.has_value(),
          .enable_pdl = args.enable_pdl};
}

void check_inputs(const Named& named, const PrefillProblem& problem) {
  for (const NamedTensor& other : {named.key, named.value}) {
    expect_dtype_of(kWhere, other, named.query);
    expect_device_of(kWhere, other, named.query);
  }
  for (const NamedTensor& input : {named.query, named.key, named.value})
    expect_readable(kWhere, input, kKernelAlignmentBytes);
  expect_shape(kWhere, named.key, "[sum kv, h_k, query's d_qk]",
               {problem.total_kv, problem.num_kv_heads, problem.d_qk});
  expect_shape(kWhere, named.value, "[sum kv, h_k, d_v]",
               {problem.total_kv, problem.num_kv_heads, problem.d_v});
}

void check_cumulative(const NamedTensor& sums, const Named& named, std::int64_t batch) {
  expect_rank(kWhere, sums, 1);
  expect_dtype(kWhere, sums, DType::kInt32);
  expect_device_of(kWhere, sums, named.query);
  expect_readable(kWhere, sums);
  expect_shape(kWhere, sums, "[batch + 1]", {batch + 1});
}

void check_results(const Named& named, const PrefillArgs& args) {
  const auto& query = named.query.view.shape;
  expect_device_of(kWhere, named.out, named.query);
  expect_writable(kWhere, named.out, kKernelAlignmentBytes);
  expect_shape(kWhere, named.out, "[sum q, h_q, d_v]",
               {query[0], query[1], named.value.view.shape[2]});
  if (!args.lse) return;
  const NamedTensor lse{"lse", *args.lse};
  expect_rank(kWhere, lse, 2);
  expect_dtype(kWhere, lse, DType::kFloat32);
  expect_device_of(kWhere, lse, named.query);
  expect_readable(kWhere, lse);
  expect_shape(kWhere, lse, "[sum q, h_q]", {query[0], query[1]});
  expect_contiguous(kWhere, lse);
}

// out and lse are written; nothing else may share their memory.
void check_overlaps(const Named& named, const PrefillArgs& args) {
  const auto expect_apart_from_inputs = [&](const NamedTensor& written) {
    for (const NamedTensor& input :
         {named.query, named.key, named.value, named.cum_seq_lens_q, named.cum_seq_lens_kv})
      expect_disjoint(kWhere, written, input);
  };
  expect_apart_from_inputs(named.out);
  if (!args.lse) return;
  const NamedTensor lse{"lse", *args.lse};
  expect_apart_from_inputs(lse);
  expect_disjoint(kWhere, lse, named.out);
}

}  // namespace

PrefillProblem check(const PrefillArgs& args) {
  const Named named(args);
  for (const NamedTensor& tensor : {named.query, named.key, named.value, named.out})
    expect_rank(kWhere, tensor, 3);
  const PrefillProblem problem = problem_of(args);
  check_problem(problem);
  check_options(args);
  check_inputs(named, problem);
  check_cumulative(named.cum_seq_lens_q, named, args.batch);
  check_cumulative(named.cum_seq_lens_kv, named, args.batch);
  check_results(named, args);
  check_overlaps(named, args);
  if (args.query.device.type == DeviceType::kCpu) expect_prefill_contents(args);
  return problem;
}

}  // namespace mla
