// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mla/device.h"
#include "mla/lse.h"
#include "mla/plan.h"
#include "mla/runtime.h"
#include "mla/tensor.h"

namespace mla {

// Merges attention over disjoint sets of keys into attention over their union:
//
//   lse = log(sum_n exp(lse_n))        out = sum_n exp(lse_n - lse) * out_n
//
// A partial with lse = -inf is neutral, whatever its out holds. All partials neutral gives out = 0
// and lse = -inf. Strides are free but not negative, and 1 in the last dimension; every out starts
// at a multiple of 16 bytes. The result's out and lse share memory with nothing else of the call.
struct MergePartial {
  TensorView out;  // [rows, heads, d] float32, bfloat16 or float16; d a multiple of 8
  TensorView lse;  // [rows, heads] float32
};

struct MergeArgs {
  std::vector<MergePartial> partials;  // at least one; all alike in shape and dtype
  TensorView out;                      // [rows, heads, d] float32, bfloat16 or float16
  std::optional<TensorView> lse;       // [rows, heads] float32, contiguous
  LseBase lse_base = LseBase::kE;      // of every partial's lse and of the result's
  bool enable_pdl = false;
};

struct MergeProblem {
  DType partial_dtype = DType::kFloat32;
  DType out_dtype = DType::kBFloat16;
  std::int64_t num_partials = 2;
  std::int64_t num_rows = 1;
  int num_heads = 128;
  int head_dim = 512;
  int vector_elements = 8;  // neighbours that may move at once, as far as addresses and strides go
  bool has_lse = false;
  bool enable_pdl = false;
};

// Computes out (and lse). Throws Error before anything is written when an argument is not as above.
void merge_states(const MergeArgs& args, Runtime& runtime, Stream stream = {});

Verdict can_implement(const MergeProblem& problem, const DeviceFacts& device);
Explanation explain(const MergeProblem& problem, const DeviceFacts& device);

}  // namespace mla
