// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "support/number_format.h"

namespace mla::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// FP8 probabilities are stored times 2^8: one becomes 256, below the largest e4m3 value of 448.
constexpr double kFp8ProbabilityScale = 256;

double dot(const double* left, const double* right, std::int64_t size) {
  return std::inner_product(left, left + size, right, 0.0);
}

double round_probability(double probability, DType dtype) {
  if (dtype == DType::kFloat32) return probability;
  const double scale = size_bytes(dtype) == 1 ? kFp8ProbabilityScale : 1;
  return round_to(probability * scale, dtype) / scale;
}

}  // namespace

AttentionRow attend(const AttentionProblem& problem) {
  AttentionRow row;
  row.out.assign(problem.d_v, 0);
  row.rounded_out = row.second_moment = row.rounding_walk = row.out;
  row.lse = -kInfinity;
  row.num_keys = problem.num_keys;
  if (problem.num_keys == 0) return row;

  std::vector<double> scores(problem.num_keys);
  double largest_norm = 0;
  for (std::int64_t k = 0; k < problem.num_keys; ++k) {
    const double* key = problem.keys.row(k);
    scores[k] = problem.softmax_scale * dot(problem.query, key, problem.d_qk);
    largest_norm = std::max(largest_norm, std::sqrt(dot(key, key, problem.d_qk)));
  }
  row.score_size = std::fabs(problem.softmax_scale) * largest_norm *
                   std::sqrt(dot(problem.query, problem.query, problem.d_qk));

  const double highest = *std::ranges::max_element(scores);
  double total = 0;
  for (const double score : scores) total += std::exp(score - highest);
  row.lse = highest + std::log(total);
  for (std::int64_t k = 0; k < problem.num_keys; ++k) {
    const double weight = std::exp(scores[k] - highest);
    const double rounded = round_probability(weight, problem.probability_dtype);
    const double* value = problem.values.row(k);
    for (std::int64_t d = 0; d < problem.d_v; ++d) {
      const double scaled = problem.output_scale * value[d];
      row.out[d] += weight / total * scaled;
      row.rounded_out[d] += rounded / total * scaled;
      row.second_moment[d] += weight / total * scaled * scaled;
      row.rounding_walk[d] += std::pow(weight / total * scaled, 2);
    }
  }
  for (double& walk : row.rounding_walk) walk = std::sqrt(walk);
  return row;
}

std::uint32_t cast_fp8(double value, float scale, DType fp8) {
  const auto product = static_cast<double>(static_cast<float>(value) * scale);
  const double largest = largest_finite(fp8);
  return encode_bits(std::isnan(product) ? product : std::clamp(product, -largest, largest), fp8);
}

MergedRow merge(const std::vector<const double*>& outs, const std::vector<double>& lses,
                std::int64_t head_dim) {
  MergedRow merged{std::vector<double>(head_dim, 0), *std::ranges::max_element(lses)};
  const double highest = merged.lse;
  if (highest == -kInfinity) return merged;
  double total = 0;
  for (std::size_t n = 0; n < outs.size(); ++n) {
    const double weight = std::exp(lses[n] - highest);
    total += weight;
    for (std::int64_t d = 0; d < head_dim && lses[n] != -kInfinity; ++d) {
      merged.out[d] += weight * outs[n][d];
    }
  }
  for (double& x : merged.out) x /= total;
  merged.lse += std::log(total);
  return merged;
}

}  // namespace mla::test
