// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "mla/device.h"
#include "mla/plan.h"
#include "mla/runtime.h"
#include "mla/tensor.h"

namespace mla {

// Joins k_nope with k_pe (the same for every head), casts K and V to FP8, in one pass:
//
//   k_out[s, h] = fp8(k_scale_inv * concat(k_nope[s, h], k_pe[s]))
//   v_out[s, h] = fp8(v_scale_inv * v[s, h])
//
// The scale multiplies in float32; the cast rounds to nearest even, saturates at the largest finite
// value and keeps NaN. Token and head strides are free but not negative, the last stride is 1.
// k_out and v_out share memory with nothing else of the call; they may be columns of one buffer.
struct KvPackArgs {
  TensorView k_nope;         // [tokens, heads, nope] bfloat16 or float16
  TensorView k_pe;           // [tokens, rope] or [tokens, 1, rope], dtype of k_nope
  TensorView v;              // [tokens, heads, d_v], dtype of k_nope
  TensorView k_out;          // [tokens, heads, nope + rope] float8_e4m3fn or float8_e5m2
  TensorView v_out;          // [tokens, heads, d_v], dtype of k_out
  float k_scale_inv = 1.0f;  // finite
  float v_scale_inv = 1.0f;
  bool enable_pdl = false;
};

struct KvPackProblem {
  DType dtype = DType::kBFloat16;
  DType out_dtype = DType::kFloat8E4M3;
  std::int64_t num_tokens = 0;
  int num_heads = 128;
  int nope_dim = 128;
  int rope_dim = 64;
  int v_dim = 128;
  int vector_elements = 8;  // neighbours that may move at once, as far as addresses and strides go
  bool enable_pdl = false;
};

// Throws Error before anything is written when an argument is not as above.
void kv_pack(const KvPackArgs& args, Runtime& runtime, Stream stream = {});

Verdict can_implement(const KvPackProblem& problem, const DeviceFacts& device);
Explanation explain(const KvPackProblem& problem, const DeviceFacts& device);

}  // namespace mla
