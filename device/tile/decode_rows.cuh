// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_params.h"

namespace mla::tile {

// Rows are (token, head) pairs: row = token * num_heads + head.

// Keys of a request. The host cannot look at the lengths of a captured graph, so that one which the
// table has no pages for is cut here rather than followed.
__device__ inline int cached_keys(const DecodeParams& params, int request) {
  return max(0, min(params.seq_lens[request], params.table_keys));
}

// How many keys of this rank the query token of a row sees: [0, seq_len].
__device__ inline int visible_keys(const DecodeParams& params, int request, int row, int seq_len) {
  if (row >= params.num_rows) return 0;
  if (!params.is_causal) return seq_len;
  const long long hidden = params.q_len - 1 - row / params.num_heads;
  long long bound = seq_len - hidden;
  if (params.causal_seqs != nullptr) {
    const long long globally = params.causal_seqs[request] - params.cp_rank - hidden;
    bound = globally > 0 ? (globally + params.cp_world - 1) / params.cp_world : 0;
  }
  return static_cast<int>(max(0ll, min(bound, static_cast<long long>(seq_len))));
}

// Where a row of the output begins, in elements.
__device__ inline long long out_offset(const DecodeParams& params, int request, int row) {
  const int token = row / params.num_heads, head = row % params.num_heads;
  return request * params.out_batch_stride + token * params.out_token_stride +
         head * params.out_head_stride;
}

}  // namespace mla::tile
