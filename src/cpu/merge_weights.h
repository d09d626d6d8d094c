// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace mla::cpu {

// Turns the base-2 log-sum-exps of partial results into the weights that their outputs have in the
// union, in place, and returns the log-sum-exp of the union. A partial with -inf weighs exactly 0.
inline double merge_weights(std::span<double> partials) {
  constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();
  double max = kMinusInfinity;
  for (const double lse : partials) max = std::max(max, lse);
  double sum = 0;
  for (double& value : partials) {
    value = value == kMinusInfinity ? 0.0 : std::exp2(value - max);
    sum += value;
  }
  if (sum == 0.0) return kMinusInfinity;
  for (double& value : partials) value /= sum;
  return max + std::log2(sum);
}

}  // namespace mla::cpu
