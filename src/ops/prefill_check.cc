// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "check.h"
#include "ops/check_args.h"
#include "ops/contents.h"
#include "ops/expect.h"

namespace mla {
namespace {

constexpr const char* kWhere = "prefill";
constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();

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
  expect_between(kWhere, "batch", args.batch, 0, kMaxInt32 - 1);
  expect_between(kWhere, "max_seq_len_q", args.max_seq_len_q, 0, kMaxInt32);
  expect_between(kWhere, "max_seq_len_kv", args.max_seq_len_kv, 0, kMaxInt32);
  MLA_CHECK(std::isfinite(args.softmax_scale) && args.softmax_scale > 0, ErrorKind::kValue, kWhere,
            "softmax_scale must be finite and above 0", args.softmax_scale);
}

void check_input(const NamedTensor& tensor, const Named& named) {
  expect_rank(kWhere, tensor, 3);
  expect_dtype_of(kWhere, tensor, named.query);
  expect_device_of(kWhere, tensor, named.query);
  expect_readable(kWhere, tensor, kKernelAlignmentBytes);
}

void check_inputs(const Named& named) {
  const auto& query = named.query.view.shape;
  const auto& key = named.key.view.shape;
  const auto& value = named.value.view.shape;
  expect_rank(kWhere, named.query, 3);
  expect_dtype_in(kWhere, named.query,
                  {DType::kFloat8E4M3, DType::kFloat8E5M2, DType::kBFloat16, DType::kFloat16});
  expect_readable(kWhere, named.query, kKernelAlignmentBytes);
  check_input(named.key, named);
  check_input(named.value, named);

  expect_between(kWhere, "query's tokens", query[0], 0, kMaxInt32);
  expect_between(kWhere, "key's tokens", key[0], 0, kMaxInt32);
  expect_between(kWhere, "query's h_q", query[1], 1, kMaxInt32);
  expect_between(kWhere, "key's h_k", key[1], 1, kMaxInt32);
  MLA_CHECK(query[1] % key[1] == 0, ErrorKind::kValue, kWhere,
            "query's h_q must be a multiple of key's h_k = " + std::to_string(key[1]), query[1]);
  expect_shape(kWhere, named.key, "[sum kv, h_k, query's d_qk]", {key[0], key[1], query[2]});
  expect_shape(kWhere, named.value, "[sum kv, h_k, d_v]", {key[0], key[1], value[2]});
  MLA_CHECK((query[2] == 192 || query[2] == 128) && value[2] == 128, ErrorKind::kNotImplemented,
            kWhere, "(d_qk, d_v) must be (192, 128) or (128, 128)",
            "(" + std::to_string(query[2]) + ", " + std::to_string(value[2]) + ")");
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
  expect_rank(kWhere, named.out, 3);
  if (named.query.view.dtype == DType::kFloat16) {
    expect_dtype_in(kWhere, named.out, {DType::kBFloat16, DType::kFloat16});
  } else {
    expect_dtype(kWhere, named.out, DType::kBFloat16);
  }
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
  check_options(args);
  check_inputs(named);
  check_cumulative(named.cum_seq_lens_q, named, args.batch);
  check_cumulative(named.cum_seq_lens_kv, named, args.batch);
  check_results(named, args);
  check_overlaps(named, args);
  if (args.query.device.type == DeviceType::kCpu) expect_prefill_contents(args);

  return {.dtype = args.query.dtype,
          .out_dtype = args.out.dtype,
          .batch = args.batch,
          .total_q = args.query.shape[0],
          .total_kv = args.key.shape[0],
          .max_seq_len_q = args.max_seq_len_q,
          .max_seq_len_kv = args.max_seq_len_kv,
          .num_q_heads = static_cast<int>(args.query.shape[1]),
          .num_kv_heads = static_cast<int>(args.key.shape[1]),
          .d_qk = static_cast<int>(args.query.shape[2]),
          .d_v = static_cast<int>(args.value.shape[2]),
          .is_causal = args.is_causal,
          .has_lse = args.lse.has_value(),
          .enable_pdl = args.enable_pdl};
}

}  // namespace mla
