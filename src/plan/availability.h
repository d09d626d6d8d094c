// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/device.h"
#include "mla/plan.h"
#include "mla/tensor.h"

namespace mla {

enum class Op { kDecode, kPrefill, kKvPack, kMerge };

const char* name(Op op);  // as errors and explanations call it: "decode", "merge_states"

// Whether this build has a kernel of the operation for inputs of this dtype on this architecture.
// kPrefill and so on are decided by the dtype of query, k_nope and the partials.
Verdict kernel_available(Op op, DType dtype, Arch arch);

}  // namespace mla
