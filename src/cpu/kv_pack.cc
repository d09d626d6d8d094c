// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include "cpu/ops.h"
#include "cpu/parallel.h"
#include "cpu/rows.h"
#include "cpu/tensor_access.h"

namespace mla::cpu {
namespace {

constexpr std::int64_t kTokensPerItem = 16;

// Scales and casts a row by way of `floats`.
void cast_row(DType from, const void* source, float scale, DType to, void* target,
              std::vector<float>& floats) {
  to_float(from, source, floats.data(), std::int64_t(floats.size()));
  from_float(floats.data(), scale, to, target, std::int64_t(floats.size()));
}

void pack_token(const KvPackArgs& args, std::int64_t token) {
  const std::int64_t nope = args.k_nope.shape[2];
  const std::int64_t rope = args.k_pe.shape[args.k_pe.rank - 1];
  std::vector<float> nope_floats(nope);
  std::vector<float> rope_floats(rope);
  std::vector<float> v_floats(args.v.shape[2]);
  std::vector<char> k_pe(rope);
  cast_row(args.k_pe.dtype, element(args.k_pe, token), args.k_scale_inv, args.k_out.dtype,
           k_pe.data(), rope_floats);
  for (std::int64_t head = 0; head < args.k_nope.shape[1]; ++head) {
    char* k_out = element(args.k_out, token, head);
    cast_row(args.k_nope.dtype, element(args.k_nope, token, head), args.k_scale_inv,
             args.k_out.dtype, k_out, nope_floats);
    std::ranges::copy(k_pe, k_out + nope);
    cast_row(args.v.dtype, element(args.v, token, head), args.v_scale_inv, args.v_out.dtype,
             element(args.v_out, token, head), v_floats);
  }
}

}  // namespace

void kv_pack(const KvPackArgs& args, int num_threads) {
  const std::int64_t num_tokens = args.k_nope.shape[0];
  const std::int64_t num_items = (num_tokens + kTokensPerItem - 1) / kTokensPerItem;
  for_each_in_order(num_items, num_threads, [&](std::int64_t item, int) {
    const std::int64_t end = std::min((item + 1) * kTokensPerItem, num_tokens);
    for (std::int64_t token = item * kTokensPerItem; token < end; ++token) pack_token(args, token);
  });
}

}  // namespace mla::cpu
