// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/prefill.h"
#include "plan/prefill_plan.h"

namespace mla {

// Launches the kernel of a checked call whose tensors are on a GPU, or lent to an emulated one.
void prefill_on_gpu(const PrefillArgs& args, const PrefillPlan& plan, Runtime& runtime,
                    Stream stream);

}  // namespace mla
