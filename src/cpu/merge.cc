// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <numbers>
#include <vector>

#include "cpu/merge_weights.h"
#include "cpu/ops.h"
#include "cpu/parallel.h"
#include "cpu/rows.h"
#include "cpu/tensor_access.h"

namespace mla::cpu {
namespace {

struct Scratch {
  std::vector<double> weights;  // [num_partials]
  std::vector<float> partial;   // [d]
  std::vector<float> sum;       // [d]
};

void merge_row(const MergeArgs& args, std::int64_t row, std::int64_t head, Scratch& scratch) {
  const double unit = args.lse_base == LseBase::kE ? std::numbers::ln2 : 1.0;
  const std::int64_t d = args.out.shape[2];
  for (std::size_t i = 0; i < args.partials.size(); ++i) {
    scratch.weights[i] = element_as<float>(args.partials[i].lse, row, head) / unit;
  }
  const double lse = merge_weights(scratch.weights);

  std::fill(scratch.sum.begin(), scratch.sum.end(), 0.0f);
  for (std::size_t i = 0; i < args.partials.size(); ++i) {
    if (scratch.weights[i] == 0.0) continue;  // its out may hold NaN
    const TensorView& out = args.partials[i].out;
    to_float(out.dtype, element(out, row, head), scratch.partial.data(), d);
    add_scaled(float(scratch.weights[i]), scratch.partial.data(), scratch.sum.data(), d);
  }
  from_float(scratch.sum.data(), 1.0f, args.out.dtype, element(args.out, row, head), d);
  if (args.lse) element_as<float>(*args.lse, row, head) = float(lse * unit);
}

}  // namespace

void merge_states(const MergeArgs& args, int num_threads) {
  const std::int64_t num_rows = args.out.shape[0];
  const std::size_t d = std::size_t(args.out.shape[2]);
  std::vector<Scratch> scratch(
      num_busy_threads(num_rows, num_threads),
      {std::vector<double>(args.partials.size()), std::vector<float>(d), std::vector<float>(d)});
  for_each_in_order(num_rows, num_threads, [&](std::int64_t row, int thread) {
    for (std::int64_t head = 0; head < args.out.shape[1]; ++head) {
      merge_row(args, row, head, scratch[thread]);
    }
  });
}

}  // namespace mla::cpu
