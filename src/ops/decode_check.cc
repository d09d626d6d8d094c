// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdint>
#include <limits>

#include "check.h"
#include "ops/check_args.h"
#include "ops/contents.h"
#include "ops/expect.h"

namespace mla {
namespace {

constexpr const char* kWhere = "decode";
constexpr int kKvLoraRank = 512;
constexpr int kRopeDim = 64;
constexpr int kRowDim = kKvLoraRank + kRopeDim;
constexpr int kMaxHeads = 128;
constexpr int kLargestPage = 128;
constexpr std::int64_t kMaxLength = std::numeric_limits<std::int32_t>::max();

// The arguments under their public names.
struct Named {
  explicit Named(const DecodeArgs& args)
      : query{"query", args.query},
        kv_cache{"kv_cache", args.kv_cache},
        block_tables{"block_tables", args.block_tables},
        seq_lens{"seq_lens", args.seq_lens},
        workspace{"workspace", args.workspace},
        out{"out", args.out} {}

  NamedTensor query, kv_cache, block_tables, seq_lens, workspace, out;
};

void check_options(const DecodeArgs& args) {
  MLA_CHECK(args.kv_lora_rank == kKvLoraRank, ErrorKind::kNotImplemented, kWhere,
            "kv_lora_rank must be 512", args.kv_lora_rank);
  MLA_CHECK(args.qk_rope_head_dim == kRopeDim, ErrorKind::kNotImplemented, kWhere,
            "qk_rope_head_dim must be 64", args.qk_rope_head_dim);
  expect_between(kWhere, "max_seq_len", args.max_seq_len, 0, kMaxLength);
  MLA_CHECK(std::isfinite(args.softmax_scale) && args.softmax_scale > 0, ErrorKind::kValue, kWhere,
            "softmax_scale must be finite and above 0", args.softmax_scale);
  expect_finite(kWhere, "output_scale", args.output_scale);
  expect_between(kWhere, "cp_world", args.cp_world, 1, std::numeric_limits<int>::max());
  expect_between(kWhere, "cp_rank", args.cp_rank, 0, args.cp_world - 1);
  MLA_CHECK(args.cp_world == 1 || args.causal_seqs.has_value(), ErrorKind::kValue, kWhere,
            "causal_seqs must be given when cp_world is above 1", args.cp_world);
}

void check_query(const Named& named) {
  const NamedTensor& query = named.query;
  expect_rank(kWhere, query, 4);
  expect_dtype_in(kWhere, query, {DType::kFloat16, DType::kBFloat16, DType::kFloat8E4M3});
  expect_readable(kWhere, query, kKernelAlignmentBytes);
  const auto& shape = query.view.shape;
  expect_between(kWhere, "query's q_len", shape[1], 1, kMaxLength);
  expect_between(kWhere, "query's num_heads", shape[2], 1, kMaxHeads);
  expect_shape(kWhere, query, "[batch, q_len, num_heads, 576]",
               {shape[0], shape[1], shape[2], kRowDim});
}

void check_cache(const Named& named) {
  const NamedTensor& cache = named.kv_cache;
  expect_rank_in(kWhere, cache, 3, 4);
  expect_dtype_of(kWhere, cache, named.query);
  expect_device_of(kWhere, cache, named.query);
  expect_readable(kWhere, cache, kKernelAlignmentBytes);
  const auto& shape = cache.view.shape;
  const std::int64_t page_size = shape[cache.view.rank - 2];
  MLA_CHECK(page_size > 0 && kLargestPage % page_size == 0, ErrorKind::kValue, kWhere,
            "page_size must divide 128", page_size);
  if (cache.view.rank == 3) {
    expect_shape(kWhere, cache, "[pages, page_size, 576]", {shape[0], page_size, kRowDim});
  } else {
    expect_shape(kWhere, cache, "[pages, 1, page_size, 576]", {shape[0], 1, page_size, kRowDim});
  }
}

// An int32 tensor of one row or one value a request.
void check_per_request(const NamedTensor& tensor, const Named& named, const char* meaning) {
  expect_dtype(kWhere, tensor, DType::kInt32);
  expect_device_of(kWhere, tensor, named.query);
  expect_readable(kWhere, tensor);
  const std::int64_t batch = named.query.view.shape[0];
  if (tensor.view.rank == 1) return expect_shape(kWhere, tensor, meaning, {batch});
  expect_shape(kWhere, tensor, meaning, {batch, tensor.view.shape[1]});
}

void check_lengths(const Named& named, const DecodeArgs& args) {
  expect_rank(kWhere, named.block_tables, 2);
  check_per_request(named.block_tables, named, "[batch, max_pages]");
  expect_rank(kWhere, named.seq_lens, 1);
  check_per_request(named.seq_lens, named, "[batch]");
  if (!args.causal_seqs) return;
  const NamedTensor causal_seqs{"causal_seqs", *args.causal_seqs};
  expect_rank(kWhere, causal_seqs, 1);
  check_per_request(causal_seqs, named, "[batch]");
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
               {shape[0], shape[1], shape[2], kKvLoraRank});
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
  check_options(args);
  check_query(named);
  check_cache(named);
  check_lengths(named, args);
  check_workspace(named);
  check_results(named, args);
  check_overlaps(named, args);
  if (args.query.device.type == DeviceType::kCpu) expect_decode_contents(args);

  return {.dtype = args.query.dtype,
          .batch = args.query.shape[0],
          .q_len = args.query.shape[1],
          .num_heads = static_cast<int>(args.query.shape[2]),
          .page_size = static_cast<int>(args.kv_cache.shape[args.kv_cache.rank - 2]),
          .max_seq_len = args.max_seq_len,
          .is_causal = args.is_causal,
          .has_lse = args.lse.has_value(),
          .enable_pdl = args.enable_pdl,
          .batch_invariant = args.batch_invariant,
          .cp_world = args.cp_world};
}

void expect_workspace(const TensorView& workspace, std::int64_t needed_bytes) {
  MLA_CHECK(workspace.shape[0] >= needed_bytes, ErrorKind::kValue, kWhere,
            "workspace must hold " + std::to_string(needed_bytes) + " bytes", workspace.shape[0]);
}

}  // namespace mla
