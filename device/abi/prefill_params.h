// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_params.h"

// What the prefill kernels of a GPU receive.
namespace mla {

struct PrefillParams {
  // [head][chunk][token][chunk's elements]; one box is a tile of one head (prefill_config.h).
  TensorMap query;
  TensorMap key;
  TensorMap value;

  const int* cum_seq_lens_q;   // [batch + 1]
  const int* cum_seq_lens_kv;  // [batch + 1]
  void* out;                   // [token][head][d_v]; strides below
  float* lse;                  // [token][head], null when not asked for

  long long out_token_stride;  // elements
  long long out_head_stride;
  int batch;
  int total_q;               // tokens that out has: no sum is taken for more
  int num_heads;             // of queries
  int heads_per_kv_head;     // query heads that share a head of keys
  int keys_at_once;          // of all heads together: what the L2 is to hold while their tiles run
  float softmax_scale_log2;  // softmax_scale * log2(e), above 0
  float lse_unit;            // what one unit of base-2 LSE is in the caller's base: 1 or ln 2
};

}  // namespace mla
