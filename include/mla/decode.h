// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "mla/device.h"
#include "mla/lse.h"
#include "mla/plan.h"
#include "mla/runtime.h"
#include "mla/tensor.h"

namespace mla {

// Decode attention over a paged latent cache (absorbed multi-head latent attention).
//
// For request b, token t, head h, with one KV head whose key is the whole cache row and whose value
// is the row's first kv_lora_rank columns:
//
//   out[b, t, h] = output_scale * sum_k p_k * cache[k, :512],
//   p = softmax_k(softmax_scale * <query[b, t, h], cache[k]>)
//
// Token t sees key k when k < seq_len - (q_len - 1) + t (causal) or k < seq_len (not causal).
// A row that sees no key gets out = 0 and lse = -inf. Bytes past seq_len are never an influence.
// Nor is a key that a row does not see, as long as it is finite: on a GPU, NaN or infinity in a key
// of a later token may reach the earlier rows of that request. It never reaches another request.
//
// Strides are free but not negative, and 1 in the last dimension; a GPU refuses those of query,
// kv_cache and out that its copy engine cannot follow (Error kNotImplemented). query, kv_cache,
// workspace_buffer and out start at a multiple of 16 bytes, the others at one of their element
// size. out, lse and workspace_buffer share memory with nothing else of the call. On the CPU the
// contents of seq_lens, block_tables (the used columns) and causal_seqs are checked too; on a GPU
// the host never reads them.
struct DecodeArgs {
  TensorView query;         // [batch, q_len, num_heads, 576] float16, bfloat16 or float8_e4m3fn
  TensorView kv_cache;      // [pages, page_size, 576] or [pages, 1, page_size, 576], dtype of query
  TensorView block_tables;  // [batch, max_pages] int32; read up to ceil(seq_len / page_size)
  TensorView seq_lens;      // [batch] int32: keys in the cache, the q_len new ones included;
                            // at most max_pages * page_size
  TensorView workspace_buffer;  // [bytes] int8 or uint8, any content; see decode_workspace_size
  TensorView out;  // [batch, q_len, num_heads, 512] bfloat16 for FP8, else query's dtype
  std::optional<TensorView> lse;  // [batch, q_len, num_heads] float32, contiguous

  std::int64_t max_seq_len = 0;  // to plan for (0: unknown); longer lengths are slower, never wrong
  int kv_lora_rank = 512;
  int qk_rope_head_dim = 64;
  float softmax_scale = 1.0f;  // finite and above 0
  float output_scale = 1.0f;   // finite
  bool is_causal = true;
  bool is_var_seq = true;  // a hint: lengths differ between requests
  bool enable_pdl = false;
  LseBase lse_base = LseBase::kTwo;

  // The same bits for a request whatever else is in the batch, at some cost in speed.
  bool batch_invariant = false;

  // Context parallel: rank r of W holds every W-th key, local key c is global key c * W + r.
  // seq_lens is then the local count and causal_seqs [batch] int32 the global length;
  // token t sees the first ceil((causal_seqs - r - (q_len - 1) + t) / W) local keys. A rank may
  // hold fewer keys than its share ceil((causal_seqs - r) / W), not more.
  int cp_world = 1;
  int cp_rank = 0;
  std::optional<TensorView> causal_seqs;
};

// What a plan depends on: shapes, dtype and options, no pointers.
struct DecodeProblem {
  DType dtype = DType::kBFloat16;
  std::int64_t batch = 1;
  std::int64_t q_len = 1;
  int num_heads = 128;
  int kv_lora_rank = 512;
  int qk_rope_head_dim = 64;
  int page_size = 64;
  std::int64_t max_seq_len = 0;  // 0: unknown, any length
  bool is_causal = true;
  bool has_lse = false;
  bool enable_pdl = false;
  bool batch_invariant = false;
  int cp_world = 1;

  friend bool operator==(const DecodeProblem&, const DecodeProblem&) = default;
};

// Computes out (and lse). Throws Error before anything is written when an argument is not as above.
void decode(const DecodeArgs& args, Runtime& runtime, Stream stream = {});

// Bytes of workspace that decode needs for this problem; never more than
// num_sms * num_heads * q_len * 513 * 4.
std::int64_t decode_workspace_size(const DecodeProblem& problem, const DeviceFacts& device);

Verdict can_implement(const DecodeProblem& problem, const DeviceFacts& device);
Explanation explain(const DecodeProblem& problem, const DeviceFacts& device);

}  // namespace mla
