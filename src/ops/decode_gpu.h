// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/decode.h"
#include "plan/decode_plan.h"

namespace mla {

// Launches a planned decode on the stream of its tensors' device.
void decode_on_gpu(const DecodeArgs& args, const DecodePlan& plan, Runtime& runtime, Stream stream);

}  // namespace mla
