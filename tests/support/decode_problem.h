// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "support/case_table.h"
#include "support/reference.h"
#include "support/tolerance.h"

namespace mla::test {

inline constexpr std::int64_t kLatentDim = 512;
inline constexpr std::int64_t kCacheWidth = 576;

// The tensors of one decode call, in host memory.
struct DecodeInputs {
  HostTensor query;
  HostTensor kv_cache;
  HostTensor block_tables;
  HostTensor seq_lens;
  std::optional<HostTensor> causal_seqs;
  int cp_world = 1;
  int cp_rank = 0;

  std::int64_t batch() const { return seq_lens.shape()[0]; }
  std::int64_t seq_len(std::int64_t request) const;
  std::int64_t global_len(std::int64_t request) const;
  DecodeInputs request(std::int64_t b) const;  // the same call for one request alone
};

// The inputs of a case; of rank cp_rank when cp_world ranks share the keys. The cache is as an
// engine leaves it: shuffled pages; page 0, two more pages, page tails and unused table entries are
// poison.
DecodeInputs make_decode_inputs(const Case& c, int cp_world = 1, int cp_rank = 0);

// [batch, q_len, heads, 512]
Attention reference_decode(const DecodeInputs& inputs, const Case& c, DType probability_dtype);

DType decode_out_dtype(DType dtype);

}  // namespace mla::test
