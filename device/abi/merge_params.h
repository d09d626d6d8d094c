// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

namespace mla {

// What a merge_states kernel receives. Strides count elements; head_dim is dense.
template <int kMaxPartials>
struct MergeParams {
  struct Partial {
    const void* out;   // [rows, heads, head_dim]
    const float* lse;  // [rows, heads]
    long long out_row_stride;
    long long out_head_stride;
    long long lse_row_stride;
    long long lse_head_stride;
  };

  void* out;   // [rows, heads, head_dim]
  float* lse;  // [rows, heads], dense; null when it is not wanted
  long long out_row_stride;
  long long out_head_stride;
  unsigned num_items;  // rows * heads
  unsigned num_heads;
  int num_partials;
  float to_log2;    // what makes a difference of LSEs a power of 2: log2(e), or 1
  float from_log2;  // and back: ln(2), or 1
  Partial partials[kMaxPartials];
};

}  // namespace mla
