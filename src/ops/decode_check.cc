// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdint>
#include <string>

#include "check.h"
#include "ops/check_args.h"
#include "ops/contents.h"
#include "ops/expect.h"
#include "plan/check_problem.h"

namespace mla {
namespace {

constexpr const char* kWhere = "decode";

// The arguments under their public names.
struct Named {
  explicit Named(const DecodeArgs& args)
      : query{"query", args.query},
        kv_cache{"kv_cache", args.kv_cache},
        block_tables{"block_tables", args.block_tables},
        seq_lens{"seq_lens", args.seq_lens},
        workspace{"workspace_buffer", args.workspace_buffer},
        out{"out", args.out} {}

  NamedTensor query, kv_cache, block_tables, seq_lens, workspace, out;
};

std::int64_t row_dim(const DecodeProblem& problem) {
  return problem.kv_lora_rank + problem.qk_rope_head_dim;
}

void check_options(const DecodeArgs& args) {
  MLA_CHECK(std::isfinite(args.softmax_scale) && args.softmax_scale > 0, ErrorKind::kValue, kWhere,
            "softmax_scale must be finite and above 0", args.softmax_scale);
  expect_finite(kWhere, "output_scale", args.output_scale);
  expect_between(kWhere, "cp_rank", args.cp_rank, 0, args.cp_world - 1);
  MLA_CHECK(args.cp_world == 1 || args.causal_seqs.has_value(), ErrorKind::kValue, kWhere,
            "causal_seqs must be given when cp_world is above 1", args.cp_world);
}

DecodeProblem problem_of(const DecodeArgs& args) {
  return {.dtype = args.query.dtype,
          .batch = args.query.shape[0],
          .q_len = args.query.shape[1],
          .num_heads = clamped_int(args.query.shape[2]),
          .kv_lora_rank = args.kv_lora_rank,
          .qk_rope_head_dim = args.qk_rope_head_dim,
          .page_size = clamped_int(args.kv_cache.shape[args.kv_cache.rank - 2]),
          .max_seq_len = args.max_seq_len,
          .is_causal = args.is_causal,
          .has_lse = args.lse.has_value(),
          .enable_pdl = args.enable_pdl,
          .batch_invariant = args.batch_invariant,
          .cp_world = args.cp_world};
}

void check_query(const Named& named, const DecodeProblem& problem) {
  expect_readable(kWhere, named.query, kKernelAlignmentBytes);
  expect_shape(kWhere, named.query, "[batch, q_len, num_heads, 576]",
               {problem.batch, problem.q_len, problem.num_heads, row_dim(problem)});
}

void check_cache(const Named& named, const DecodeProblem& problem) {
  const NamedTensor& cache = named.kv_cache;
  expect_dtype_of(kWhere, cache, named.query);
  expect_device_of(kWhere, cache, named.query);
  expect_readable(kWhere, cache, kKernelAlignmentBytes);
  const std::int64_t pages = cache.view.shape[0];
  if (cache.view.rank == 3) {
    expect_shape(kWhere, cache, "[pages, page_size, 576]",
                 {pages, problem.page_size, row_dim(problem)});
  } else {
    expect_shape(kWhere, cache, "[pages, 1, page_size, 576]",
                 {pages, 1, problem.page_size, row_dim(problem)});
  }
}

void check_int32(const NamedTensor& tensor, const Named& named, const char* meaning, Dims shape) {
  expect_rank(kWhere, tensor, static_cast<int>(shape.size()));
  expect_dtype(kWhere, tensor, DType::kInt32);
  expect_device_of(kWhere, tensor, named.query);
  expect_readable(kWhere, tensor);
  expect_shape(kWhere, tensor, meaning, shape);
}

void check_lengths(const Named& named, const DecodeArgs& args) {
  const std::int64_t batch = named.query.view.shape[0];
  const std::int64_t max_pages = named.block_tables.view.shape[1];
  check_int32(named.block_tables, named, "[batch, max_pages]", {batch, max_pages});
  check_int32(named.seq_lens, named, "[batch]", {batch});
  if (args.causal_seqs) {
    check_int32({"causal_seqs", *args.causal_seqs}, named, "[batch]", {batch});
  }
}

void check_workspace(const Named& named) {
  expect_rank(kWhere, named.workspace, 1);
  expect_dtype_in(kWhere, named.workspace, {DType::kInt8, DType::kUInt8});
  expect_device_of(kWhere, named.workspace, named.query);
  expect_readable(kWhere, named.workspace, kKernelAlignmentBytes);
}

void check_results(const Named& named, const DecodeArgs& args) {
  const auto& shape = named.query.view.shape;
  const bool is_fp8 = named.query.view.dtype == DType::kFloat8E4M3;
  expect_rank(kWhere, named.out, 4);
  expect_dtype(kWhere, named.out, is_fp8 ? DType::kBFloat16 : named.query.view.dtype);
  expect_device_of(kWhere, named.out, named.query);
  expect_writable(kWhere, named.out, kKernelAlignmentBytes);
  expect_shape(kWhere, named.out, "[batch, q_len, num_heads, 512]",
               {shape[0], shape[1], shape[2], args.kv_lora_rank});
  if (!args.lse) return;
  const NamedTensor lse{"lse", *args.lse};
  expect_rank(kWhere, lse, 3);
  expect_dtype(kWhere, lse, DType::kFloat32);
  expect_device_of(kWhere, lse, named.query);
  expect_readable(kWhere, lse);
  expect_shape(kWhere, lse, "[batch, q_len, num_heads]", {shape[0], shape[1], shape[2]});
  expect_contiguous(kWhere, lse);
}

// out, lse and workspace are written; nothing else may share their memory.
void check_overlaps(const Named& named, const DecodeArgs& args) {
  const auto expect_apart_from_inputs = [&](const NamedTensor& written) {
    for (const NamedTensor& input :
         {named.query, named.kv_cache, named.block_tables, named.seq_lens})
      expect_disjoint(kWhere, written, input);
    if (args.causal_seqs) expect_disjoint(kWhere, written, {"causal_seqs", *args.causal_seqs});
  };
  expect_apart_from_inputs(named.out);
  expect_apart_from_inputs(named.workspace);
  expect_disjoint(kWhere, named.out, named.workspace);
  if (!args.lse) return;
  const NamedTensor lse{"lse", *args.lse};
  expect_apart_from_inputs(lse);
  expect_disjoint(kWhere, lse, named.out);
  expect_disjoint(kWhere, lse, named.workspace);
}

}  // namespace

DecodeProblem check(const DecodeArgs& args) {
  const Named named(args);
  expect_rank(kWhere, named.query, 4);
  expect_rank_in(kWhere, named.kv_cache, 3, 4);
  const DecodeProblem problem = problem_of(args);
  check_problem(problem);
  check_options(args);
  check_query(named, problem);
  check_cache(named, problem);
  check_lengths(named, args);
  check_workspace(named);
  check_results(named, args);
  check_overlaps(named, args);
  if (args.query.device.type == DeviceType::kCpu) expect_decode_contents(args);
  return problem;
}

void expect_workspace(const TensorView& workspace, std::int64_t needed_bytes) {
  MLA_CHECK(workspace.shape[0] >= needed_bytes, ErrorKind::kValue, kWhere,
            "workspace_buffer must hold " + std::to_string(needed_bytes) + " bytes",
            workspace.shape[0]);
}

}  // namespace mla
