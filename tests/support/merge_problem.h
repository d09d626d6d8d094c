// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "support/case_table.h"
#include "support/tolerance.h"

namespace mla::test {

// Partial outs [rows, heads, d] and their lses [rows, heads] in the case's base.
struct MergeInputs {
  std::vector<HostTensor> outs;
  std::vector<HostTensor> lses;
};

MergeInputs make_merge_inputs(const Case& c);

ExpectedAttention expect_merge(const MergeInputs& inputs, DType out_dtype, LseBase base);

}  // namespace mla::test
