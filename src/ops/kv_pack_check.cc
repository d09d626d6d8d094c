// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstdint>

#include "ops/check_args.h"
#include "ops/expect.h"
#include "ops/memory.h"
#include "plan/check_problem.h"

namespace mla {
namespace {

constexpr const char* kWhere = "kv_pack";

// The arguments under their public names.
struct Named {
  explicit Named(const KvPackArgs& args)
      : k_nope{"k_nope", args.k_nope},
        k_pe{"k_pe", args.k_pe},
        v{"v", args.v},
        k_out{"k_out", args.k_out},
        v_out{"v_out", args.v_out} {}

  NamedTensor k_nope, k_pe, v, k_out, v_out;
};

std::int64_t last_dim(const NamedTensor& tensor) {
  return tensor.view.shape[tensor.view.rank - 1];
}

KvPackProblem problem_of(const Named& named, const KvPackArgs& args) {
  return {.dtype = args.k_nope.dtype,
          .out_dtype = args.k_out.dtype,
          .num_tokens = args.k_nope.shape[0],
          .num_heads = clamped_int(args.k_nope.shape[1]),
          .nope_dim = clamped_int(last_dim(named.k_nope)),
          .rope_dim = clamped_int(last_dim(named.k_pe)),
          .v_dim = clamped_int(last_dim(named.v)),
          .enable_pdl = args.enable_pdl};
}

void check_inputs(const Named& named, const KvPackProblem& problem) {
  for (const NamedTensor& other : {named.k_pe, named.v}) {
    expect_dtype_of(kWhere, other, named.k_nope);
    expect_device_of(kWhere, other, named.k_nope);
  }
  for (const NamedTensor& input : {named.k_nope, named.k_pe, named.v})
    expect_readable(kWhere, input);
  if (named.k_pe.view.rank == 2) {
    expect_shape(kWhere, named.k_pe, "[tokens, rope]", {problem.num_tokens, problem.rope_dim});
  } else {
    expect_shape(kWhere, named.k_pe, "[tokens, 1, rope]",
                 {problem.num_tokens, 1, problem.rope_dim});
  }
  expect_shape(kWhere, named.v, "[tokens, heads, d_v]",
               {problem.num_tokens, problem.num_heads, problem.v_dim});
}

void check_results(const Named& named, const KvPackProblem& problem) {
  expect_dtype_of(kWhere, named.v_out, named.k_out);
  for (const NamedTensor& result : {named.k_out, named.v_out}) {
    expect_device_of(kWhere, result, named.k_nope);
    expect_writable(kWhere, result);
  }
  expect_shape(kWhere, named.k_out, "[tokens, heads, nope + rope]",
               {problem.num_tokens, problem.num_heads, problem.nope_dim + problem.rope_dim});
  expect_shape(kWhere, named.v_out, "[tokens, heads, d_v]",
               {problem.num_tokens, problem.num_heads, problem.v_dim});
}

int common_vector_elements(const Named& named) {
  int common = KvPackProblem{}.vector_elements;
  for (const NamedTensor& tensor : {named.k_nope, named.k_pe, named.v, named.k_out, named.v_out}) {
    common = vector_elements(tensor.view, common);
  }
  return common;
}

void check_overlaps(const Named& named) {
  for (const NamedTensor& result : {named.k_out, named.v_out}) {
    for (const NamedTensor& input : {named.k_nope, named.k_pe, named.v})
      expect_disjoint(kWhere, result, input);
  }
  expect_disjoint(kWhere, named.k_out, named.v_out);
}

}  // namespace

KvPackProblem check(const KvPackArgs& args) {
  const Named named(args);
  for (const NamedTensor& tensor : {named.k_nope, named.v, named.k_out, named.v_out})
    expect_rank(kWhere, tensor, 3);
  expect_rank_in(kWhere, named.k_pe, 2, 3);
  KvPackProblem problem = problem_of(named, args);
  check_problem(problem);
  expect_finite(kWhere, "k_scale_inv", args.k_scale_inv);
  expect_finite(kWhere, "v_scale_inv", args.v_scale_inv);
  check_inputs(named, problem);
  check_results(named, problem);
  check_overlaps(named);
  problem.vector_elements = common_vector_elements(named);
  return problem;
}

}  // namespace mla
