// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "mla/lse.h"
#include "support/host_tensor.h"
#include "support/target.h"

namespace mla::test {

// What a call wrote.
struct Result {
  HostTensor out;
  HostTensor lse;
};

// Merges partial outs [..., heads, d] with their lses [..., heads]; leading dimensions, when there
// are several, are contiguous.
Result run_merge(const std::vector<Result>& partials, DType out_dtype, LseBase base,
                 Target& target);

}  // namespace mla::test
