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

// Ragged prefill attention (expanded multi-head latent attention): no padding, requests packed one
// after another.
//
//   out[i, h] = sum_j p_j * value[j, g],  p = softmax_j(softmax_scale * <query[i, h], key[j, g]>),
//   g = h / (h_q / h_k)
//
// Causal is aligned to the bottom right: query i of a request sees key j when
// j <= i + (kv_len - q_len). A row that sees no key gets out = 0 and lse = -inf.
// Keys of other requests are never an influence. Nor is a key that a row does not see, as long as
// it is finite: on a GPU, NaN or infinity in a key or value of a later token may reach the earlier
// rows of that request.
//
// Strides of query, key, value, out: any that is not negative for tokens and heads, 1 for the last
// dimension; a GPU refuses those that its copy engine or its stores cannot follow (Error
// kNotImplemented). Their data starts at a multiple of 16 bytes. out and lse share memory with
// nothing else of the call. Tensors may have more rows than the sums end at; those of out and lse
// stay as they are. On the CPU the contents of both sums are checked too; on a GPU the host never
// reads them.
struct PrefillArgs {
  TensorView query;  // [sum q, h_q, d_qk] float8_e4m3fn, float8_e5m2, bfloat16 or float16
  TensorView key;    // [sum kv, h_k, d_qk], h_q a multiple of h_k
  TensorView value;  // [sum kv, h_k, d_v]; (d_qk, d_v) is (192, 128) or (128, 128)
  TensorView out;    // [sum q, h_q, d_v] bfloat16; float16 too when the inputs are float16
  TensorView cum_seq_lens_kv;     // [batch + 1] int32, from 0, ascending
  TensorView cum_seq_lens_q;      // [batch + 1] int32, from 0, ascending
  std::optional<TensorView> lse;  // [sum q, h_q] float32, contiguous

  std::int64_t batch = 0;
  std::int64_t max_seq_len_q = 0;  // lengths to plan for; longer ones are slower, never wrong
  std::int64_t max_seq_len_kv = 0;
  float softmax_scale = 1.0f;  // finite and above 0
  bool is_causal = true;
  bool enable_pdl = false;
  LseBase lse_base = LseBase::kE;
};

struct PrefillProblem {
  DType dtype = DType::kBFloat16;
  DType out_dtype = DType::kBFloat16;
  std::int64_t batch = 1;
  std::int64_t total_q = 0;
  std::int64_t total_kv = 0;
  std::int64_t max_seq_len_q = 0;
  std::int64_t max_seq_len_kv = 0;
  int num_q_heads = 128;
  int num_kv_heads = 128;
  int d_qk = 192;
  int d_v = 128;
  bool is_causal = true;
  bool has_lse = false;
  bool enable_pdl = false;

  friend bool operator==(const PrefillProblem&, const PrefillProblem&) = default;
};

// Computes out (and lse). Throws Error before anything is written when an argument is not as above.
void prefill(const PrefillArgs& args, Runtime& runtime, Stream stream = {});

Verdict can_implement(const PrefillProblem& problem, const DeviceFacts& device);
Explanation explain(const PrefillProblem& problem, const DeviceFacts& device);

}  // namespace mla
