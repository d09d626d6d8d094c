// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstdint>
#include <limits>

#include "check.h"
#include "ops/check_args.h"
#include "ops/expect.h"

namespace mla {
namespace {

constexpr const char* kWhere = "kv_pack";
constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();

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

void check_inputs(const Named& named) {
  expect_rank(kWhere, named.k_nope, 3);
  expect_rank_in(kWhere, named.k_pe, 2, 3);
  expect_rank(kWhere, named.v, 3);
  expect_dtype_in(kWhere, named.k_nope, {DType::kBFloat16, DType::kFloat16});
  for (const NamedTensor& other : {named.k_pe, named.v}) {
    expect_dtype_of(kWhere, other, named.k_nope);
    expect_device_of(kWhere, other, named.k_nope);
  }
  for (const NamedTensor& input : {named.k_nope, named.k_pe, named.v})
    expect_readable(kWhere, input);

  const std::int64_t tokens = named.k_nope.view.shape[0];
  const std::int64_t heads = named.k_nope.view.shape[1];
  expect_between(kWhere, "k_nope's heads", heads, 1, kMaxInt32);
  expect_between(kWhere, "k_nope's last dimension", last_dim(named.k_nope), 1, kMaxInt32);
  expect_between(kWhere, "k_pe's last dimension", last_dim(named.k_pe), 1, kMaxInt32);
  expect_between(kWhere, "v's last dimension", last_dim(named.v), 1, kMaxInt32);
  if (named.k_pe.view.rank == 2) {
    expect_shape(kWhere, named.k_pe, "[tokens, rope]", {tokens, last_dim(named.k_pe)});
  } else {
    expect_shape(kWhere, named.k_pe, "[tokens, 1, rope]", {tokens, 1, last_dim(named.k_pe)});
  }
  expect_shape(kWhere, named.v, "[tokens, heads, d_v]", {tokens, heads, last_dim(named.v)});
}

void check_results(const Named& named) {
  const std::int64_t tokens = named.k_nope.view.shape[0];
  const std::int64_t heads = named.k_nope.view.shape[1];
  expect_rank(kWhere, named.k_out, 3);
  expect_rank(kWhere, named.v_out, 3);
  expect_dtype_in(kWhere, named.k_out, {DType::kFloat8E4M3, DType::kFloat8E5M2});
  expect_dtype_of(kWhere, named.v_out, named.k_out);
  for (const NamedTensor& result : {named.k_out, named.v_out}) {
    expect_device_of(kWhere, result, named.k_nope);
    expect_writable(kWhere, result);
  }
  expect_shape(kWhere, named.k_out, "[tokens, heads, nope + rope]",
               {tokens, heads, last_dim(named.k_nope) + last_dim(named.k_pe)});
  expect_shape(kWhere, named.v_out, "[tokens, heads, d_v]", {tokens, heads, last_dim(named.v)});
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
  expect_finite(kWhere, "k_scale_inv", args.k_scale_inv);
  expect_finite(kWhere, "v_scale_inv", args.v_scale_inv);
  check_inputs(named);
  check_results(named);
  check_overlaps(named);

  return {.dtype = args.k_nope.dtype,
          .out_dtype = args.k_out.dtype,
          .num_tokens = args.k_nope.shape[0],
          .num_heads = static_cast<int>(args.k_nope.shape[1]),
          .nope_dim = static_cast<int>(last_dim(named.k_nope)),
          .rope_dim = static_cast<int>(last_dim(named.k_pe)),
          .v_dim = static_cast<int>(last_dim(named.v)),
          .enable_pdl = args.enable_pdl};
}

}  // namespace mla
