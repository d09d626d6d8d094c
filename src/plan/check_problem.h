// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/decode.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"
#include "mla/prefill.h"

namespace mla {

// The part of the contract that needs no tensor: dtypes, dimensions, ranges. Throws Error.
void check_problem(const DecodeProblem& problem);
void check_problem(const PrefillProblem& problem);
void check_problem(const KvPackProblem& problem);
void check_problem(const MergeProblem& problem);

// Throws Error unless plans can be made for the device.
void check_device(const DeviceFacts& device);

}  // namespace mla
