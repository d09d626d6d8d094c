// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <string>

#include "check.h"
#include "ops/check_args.h"
#include "ops/expect.h"
#include "ops/memory.h"
#include "plan/check_problem.h"

namespace mla {
namespace {

constexpr const char* kWhere = "merge_states";

MergeProblem problem_of(const NamedTensor& model, const MergeArgs& args) {
  return {.partial_dtype = model.view.dtype,
          .out_dtype = args.out.dtype,
          .num_partials = static_cast<std::int64_t>(args.partials.size()),
          .num_rows = model.view.shape[0],
          .num_heads = clamped_int(model.view.shape[1]),
          .head_dim = clamped_int(model.view.shape[2]),
          .has_lse = args.lse.has_value(),
          .enable_pdl = args.enable_pdl};
}

void check_partial(const NamedTensor& out, const NamedTensor& lse, const NamedTensor& model) {
  const auto& shape = model.view.shape;
  expect_rank(kWhere, out, 3);
  expect_dtype_of(kWhere, out, model);
  expect_device_of(kWhere, out, model);
  expect_readable(kWhere, out, kKernelAlignmentBytes);
  expect_shape(kWhere, out, "[rows, heads, d]", {shape[0], shape[1], shape[2]});
  expect_rank(kWhere, lse, 2);
  expect_dtype(kWhere, lse, DType::kFloat32);
  expect_device_of(kWhere, lse, model);
  expect_readable(kWhere, lse);
  expect_shape(kWhere, lse, "[rows, heads]", {shape[0], shape[1]});
}

void check_results(const MergeArgs& args, const NamedTensor& model) {
  const auto& shape = model.view.shape;
  const NamedTensor out{"out", args.out};
  expect_device_of(kWhere, out, model);
  expect_writable(kWhere, out, kKernelAlignmentBytes);
  expect_shape(kWhere, out, "[rows, heads, d]", {shape[0], shape[1], shape[2]});
  if (!args.lse) return;
  const NamedTensor lse{"lse", *args.lse};
  expect_rank(kWhere, lse, 2);
  expect_dtype(kWhere, lse, DType::kFloat32);
  expect_device_of(kWhere, lse, model);
  expect_readable(kWhere, lse);
  expect_shape(kWhere, lse, "[rows, heads]", {shape[0], shape[1]});
  expect_contiguous(kWhere, lse);
  expect_disjoint(kWhere, lse, out);
}

int common_vector_elements(const MergeArgs& args) {
  int common = vector_elements(args.out, MergeProblem{}.vector_elements);
  for (const MergePartial& partial : args.partials) common = vector_elements(partial.out, common);
  return common;
}

std::string partial_name(std::size_t index, const char* member) {
  return "partials[" + std::to_string(index) + "]." + member;
}

void check_partials(const MergeArgs& args, const NamedTensor& model) {
  for (std::size_t i = 0; i < args.partials.size(); ++i) {
    const std::string out_name = partial_name(i, "out");
    const std::string lse_name = partial_name(i, "lse");
    const NamedTensor out{out_name, args.partials[i].out};
    const NamedTensor lse{lse_name, args.partials[i].lse};
    check_partial(out, lse, model);
    for (const NamedTensor& input : {out, lse}) {
      expect_disjoint(kWhere, {"out", args.out}, input);
      if (args.lse) expect_disjoint(kWhere, {"lse", *args.lse}, input);
    }
  }
}

}  // namespace

MergeProblem check(const MergeArgs& args) {
  MLA_CHECK(!args.partials.empty(), ErrorKind::kValue, kWhere, "partials must hold at least one",
            args.partials.size());
  const NamedTensor model{"partials[0].out", args.partials.front().out};
  expect_rank(kWhere, model, 3);
  expect_rank(kWhere, {"out", args.out}, 3);
  MergeProblem problem = problem_of(model, args);
  check_problem(problem);
  expect_readable(kWhere, model, kKernelAlignmentBytes);
  check_results(args, model);
  check_partials(args, model);
  problem.vector_elements = common_vector_elements(args);
  return problem;
}

}  // namespace mla
