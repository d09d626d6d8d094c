// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/prefill.h"

#include "ffi/convert.h"
#include "ffi/export.h"

namespace mla::ffi {

void prefill(FfiTensor query, FfiTensor key, FfiTensor value, FfiTensor out,
             FfiTensor cum_seq_lens_kv, FfiTensor cum_seq_lens_q, OptionalFfiTensor lse,
             std::int64_t batch, std::int64_t max_seq_len_q, std::int64_t max_seq_len_kv,
             double softmax_scale, bool is_causal, bool enable_pdl, tvm::ffi::String lse_base) {
  const char* where = "prefill";
  const PrefillArgs args{
      .query = to_view(where, "query", query),
      .key = to_view(where, "key", key),
      .value = to_view(where, "value", value),
      .out = to_view(where, "out", out),
      .cum_seq_lens_kv = to_view(where, "cum_seq_lens", cum_seq_lens_kv),
      .cum_seq_lens_q = to_view(where, "cum_seq_lens_q", cum_seq_lens_q),
      .lse = to_view(where, "lse", lse),
      .batch = batch,
      .max_seq_len_q = max_seq_len_q,
      .max_seq_len_kv = max_seq_len_kv,
      .softmax_scale = float(softmax_scale),
      .is_causal = is_causal,
      .enable_pdl = enable_pdl,
      .lse_base = to_lse_base(where, lse_base),
  };
  mla::prefill(args, runtime(), current_stream(args.query));
}

}  // namespace mla::ffi

MLA_FFI_EXPORT(prefill)
