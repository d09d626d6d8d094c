// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "support/case_table.h"
#include "support/reference.h"
#include "support/tolerance.h"

namespace mla::test {

// The tensors of one prefill call, in host memory.
struct PrefillInputs {
  HostTensor query;
  HostTensor key;
  HostTensor value;
  std::vector<std::int64_t> q_lens;
  std::vector<std::int64_t> kv_lens;

  // The same queries over the keys [begin, end) of each request.
  PrefillInputs keys(const std::vector<std::int64_t>& begin,
                     const std::vector<std::int64_t>& end) const;
};

PrefillInputs make_prefill_inputs(const Case& c);

// [sum q, h_q, d_v]
Attention reference_prefill(const PrefillInputs& inputs, double softmax_scale, bool is_causal,
                            DType probability_dtype);

HostTensor cumulative(const std::vector<std::int64_t>& lengths);  // [lengths + 1] int32, from 0

}  // namespace mla::test
