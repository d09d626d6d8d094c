// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/decode.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"
#include "mla/plan.h"
#include "mla/prefill.h"

namespace mla {

// Work over rate; an unknown rate (0) costs nothing.
constexpr double seconds_for(double work, double per_second) {
  return per_second > 0 ? work / per_second : 0;
}

// What the matrix units of a device do with elements of this type.
double matrix_flops_per_second(DType dtype, const DeviceFacts& device);

// The least work: every input read once, every output written once, no padding. Decode takes every
// request to be max_seq_len long; prefill takes the requests of a batch to be equally long.
Roofline roofline(const DecodeProblem& problem, const DeviceFacts& device);
Roofline roofline(const PrefillProblem& problem, const DeviceFacts& device);
Roofline roofline(const KvPackProblem& problem, const DeviceFacts& device);
Roofline roofline(const MergeProblem& problem, const DeviceFacts& device);

}  // namespace mla
