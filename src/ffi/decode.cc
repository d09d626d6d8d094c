// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/decode.h"

#include "ffi/convert.h"
#include "ffi/export.h"

namespace mla::ffi {

void decode(FfiTensor query, FfiTensor kv_cache, FfiTensor block_tables, FfiTensor seq_lens,
            FfiTensor workspace, FfiTensor out, OptionalFfiTensor lse, std::int64_t max_seq_len,
            std::int64_t kv_lora_rank, std::int64_t qk_rope_head_dim, double softmax_scale,
            double output_scale, bool is_causal, bool is_var_seq, bool enable_pdl,
            tvm::ffi::String lse_base, bool batch_invariant, std::int64_t cp_world,
            std::int64_t cp_rank, OptionalFfiTensor causal_seqs) {
  const char* where = "decode";
  const DecodeArgs args{
      .query = to_view(where, "query", query),
      .kv_cache = to_view(where, "kv_cache", kv_cache),
      .block_tables = to_view(where, "block_tables", block_tables),
      .seq_lens = to_view(where, "seq_lens", seq_lens),
      .workspace_buffer = to_view(where, "workspace_buffer", workspace),
      .out = to_view(where, "out", out),
      .lse = to_view(where, "lse", lse),
      .max_seq_len = max_seq_len,
      .kv_lora_rank = to_int(where, "kv_lora_rank", kv_lora_rank),
      .qk_rope_head_dim = to_int(where, "qk_rope_head_dim", qk_rope_head_dim),
      .softmax_scale = float(softmax_scale),
      .output_scale = float(output_scale),
      .is_causal = is_causal,
      .is_var_seq = is_var_seq,
      .enable_pdl = enable_pdl,
      .lse_base = to_lse_base(where, lse_base),
      .batch_invariant = batch_invariant,
      .cp_world = to_int(where, "cp_world", cp_world),
      .cp_rank = to_int(where, "cp_rank", cp_rank),
      .causal_seqs = to_view(where, "causal_seqs", causal_seqs),
  };
  mla::decode(args, runtime(), current_stream(args.query));
}

}  // namespace mla::ffi

MLA_FFI_EXPORT(decode)
