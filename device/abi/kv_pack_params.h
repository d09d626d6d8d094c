// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

namespace mla {

// What a kv_pack kernel receives. Strides count elements; the last dimension is dense.
struct KvPackParams {
  struct Rows {
    void* data;
    long long token_stride;
    long long head_stride;
  };

  Rows k_nope;  // [tokens, heads, nope_dim]
  Rows k_pe;    // [tokens, rope_dim], the same for every head: head_stride 0
  Rows v;       // [tokens, heads, v_dim]
  Rows k_out;   // [tokens, heads, nope_dim + rope_dim]
  Rows v_out;   // [tokens, heads, v_dim]
  unsigned num_heads;
  unsigned num_head_groups;  // of heads_per_warp heads each, the last one possibly shorter
  unsigned num_warps;        // num_tokens * num_head_groups
  float k_scale;
  float v_scale;
};

}  // namespace mla
