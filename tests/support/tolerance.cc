// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/tolerance.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "support/number_format.h"

namespace mla::test {
namespace {

constexpr double kUnitRoundoff = 0x1p-24;
constexpr double kExpUlps = 16;          // what an exponential and a merge of partials may lose
constexpr double kProductsPerStep = 32;  // of a tensor core's FP8 instruction
constexpr double kRoundingFactor = 2;    // against the error of the same-precision reference

double energy(const std::vector<double>& x) {
  return std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
}

// The angle's own arithmetic is below 2^-40 for any tensor that fits in memory.
double energy_ratio(const std::vector<double>& error, const std::vector<double>& exact) {
  const double whole = energy(exact);
  return 0x1p-40 + (whole == 0 ? 0 : energy(error) / whole);
}

double size(double lse) {
  return std::isfinite(lse) ? std::fabs(lse) : 0;
}

double score_error(const AttentionRow& row, std::int64_t d_qk, double sum_cutoff) {
  const double num_steps = std::ceil(static_cast<double>(d_qk) / kProductsPerStep);
  return kUnitRoundoff * (std::sqrt(static_cast<double>(d_qk)) * row.score_size + kExpUlps) +
         sum_cutoff * num_steps * row.score_size;
}

// Fills bounds and the bound of the angle from exact values, the float32 error of each element and
// the rounding to the output's dtype, row by row.
Expected with_bounds(Shape shape, std::vector<double> exact, const std::vector<double>& unrounded,
                     const std::vector<double>& float32_error, DType out_dtype) {
  Expected expected{std::move(shape), std::move(exact), float32_error};
  std::vector<double> same_precision(unrounded.size());
  std::ranges::transform(unrounded, same_precision.begin(),
                         [&](double x) { return round_to(x, out_dtype); });
  const std::int64_t d = expected.shape.back();
  for (std::size_t row = 0; row < unrounded.size(); row += d) {
    double rounding = 0;
    for (std::size_t i = row; i < row + d; ++i) {
      rounding = std::max(rounding, std::fabs(same_precision[i] - expected.values[i]));
    }
    for (std::size_t i = row; i < row + d; ++i) expected.bounds[i] += kRoundingFactor * rounding;
  }
  expected.cosine_bound = kRoundingFactor * cosine_difference(same_precision, expected.values) +
                          energy_ratio(float32_error, expected.values);
  return expected;
}

}  // namespace

double units(LseBase base) {
  return base == LseBase::kTwo ? std::numbers::log2e : 1;
}

double cosine_difference(const std::vector<double>& left, const std::vector<double>& right) {
  const double sizes = std::sqrt(energy(left) * energy(right));
  if (sizes == 0) return 0;
  const double product = std::inner_product(left.begin(), left.end(), right.begin(), 0.0);
  return std::max(0.0, 1 - product / sizes);
}

ExpectedAttention expected_attention(const Attention& attention, DType out_dtype, std::int64_t d_qk,
                                     LseBase base, double sum_cutoff, double inner_rounding,
                                     double probability_rounding) {
  std::vector<double> exact, unrounded, float32_error;
  Expected lse{{attention.shape.begin(), attention.shape.end() - 1}, {}, {}};
  for (const AttentionRow& row : attention.rows) {
    const double score = score_error(row, d_qk, sum_cutoff);
    const double walk = kUnitRoundoff * std::sqrt(static_cast<double>(row.num_keys));
    // A weighted sum of relative errors is no more than that share of the root mean square.
    const double cut = 2 * sum_cutoff + inner_rounding;
    for (std::size_t d = 0; d < row.out.size(); ++d) {
      const double variance = std::max(0.0, row.second_moment[d] - row.out[d] * row.out[d]);
      exact.push_back(row.out[d]);
      unrounded.push_back(row.rounded_out[d]);
      float32_error.push_back(score * std::sqrt(variance) +
                              (walk + cut) * std::sqrt(row.second_moment[d]) +
                              kRoundingFactor * probability_rounding * row.rounding_walk[d]);
    }
    lse.values.push_back(row.lse * units(base));
    lse.bounds.push_back(units(base) * (score + walk + 2 * kUnitRoundoff * size(row.lse)));
  }
  return {with_bounds(attention.shape, exact, unrounded, float32_error, out_dtype), lse};
}

ExpectedAttention expected_merge(const Shape& shape, const std::vector<double>& out,
                                 const std::vector<double>& lse, const std::vector<double>& largest,
                                 DType out_dtype, LseBase base) {
  Expected expected_lse{{shape.begin(), shape.end() - 1}, {}, {}};
  for (const double natural : lse) {
    expected_lse.values.push_back(natural * units(base));
    expected_lse.bounds.push_back(units(base) * kUnitRoundoff * (2 * size(natural) + kExpUlps));
  }
  std::vector<double> float32_error(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double score = expected_lse.bounds[i / shape.back()] / units(base);
    float32_error[i] = 2 * score * largest[i];
  }
  return {with_bounds(shape, out, out, float32_error, out_dtype), expected_lse};
}

ExpectedAttention combine_parts(ExpectedAttention whole,
                                const std::vector<ExpectedAttention>& parts) {
  auto& [out, lse] = whole;
  double part_angles = 0;
  for (const ExpectedAttention& part : parts) part_angles += part.out.cosine_bound;
  for (std::size_t row = 0; row < lse.values.size(); ++row) {
    double worst = 0;
    for (const ExpectedAttention& part : parts) worst = std::max(worst, part.lse.bounds[row]);
    lse.bounds[row] += worst + kUnitRoundoff * (kExpUlps + 2 * size(lse.values[row]));
  }
  std::vector<double> added(out.values.size());
  for (std::size_t i = 0; i < added.size(); ++i) {
    double worst = 0, largest = 0;
    for (const ExpectedAttention& part : parts) {
      worst = std::max(worst, part.out.bounds[i]);
      largest = std::max(largest, std::fabs(part.out.values[i]));
    }
    added[i] = worst + 2 * lse.bounds[i / out.shape.back()] * largest;
    out.bounds[i] += added[i];
  }
  out.cosine_bound = 2 * (out.cosine_bound + part_angles) + energy_ratio(added, out.values);
  return whole;
}

}  // namespace mla::test
