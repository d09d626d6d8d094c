// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/decode.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"
#include "mla/prefill.h"

namespace mla {

// The first step of every call: raises Error, naming expectation and value, unless the arguments
// are as the public header of the operation says; returns what planning needs to know of them.
// Shapes, dtypes, devices, layouts and options are checked everywhere. The contents of tensors of
// lengths, sums and page indices are checked where the host can read them: on the CPU.
DecodeProblem check(const DecodeArgs& args);
PrefillProblem check(const PrefillArgs& args);
KvPackProblem check(const KvPackArgs& args);
MergeProblem check(const MergeArgs& args);

// The workspace's size depends on the plan, so decode checks it after planning.
void expect_workspace(const TensorView& workspace, std::int64_t needed_bytes);

}  // namespace mla
