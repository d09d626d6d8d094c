// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace mla::cpu {

// A score is a sum of 576 products of about 1: each addition may be off by 2^-24 of the sum so far,
// and the weight of a key is off by as much as its score.
inline constexpr double kFloat32Tolerance = 1e-5;

struct RowResult {
  std::vector<double> out;
  double lse;  // natural
};

// Attention of one query row in float64, straight from the definition. key(j) and value(j) are
// vectors.
template <class Key, class Value>
RowResult reference_row(const std::vector<double>& query, std::int64_t num_visible, double scale,
                        std::size_t d_v, const Key& key, const Value& value) {
  RowResult result{std::vector<double>(d_v), -std::numeric_limits<double>::infinity()};
  std::vector<double> scores;
  for (std::int64_t j = 0; j < num_visible; ++j) {
    const std::vector<double> row = key(j);
    double dot = 0;
    for (std::size_t i = 0; i < query.size(); ++i) dot += query[i] * row[i];
    scores.push_back(scale * dot);
  }
  double max = -std::numeric_limits<double>::infinity();
  for (const double score : scores) max = std::max(max, score);
  double sum = 0;
  for (const double score : scores) sum += std::exp(score - max);
  for (std::int64_t j = 0; j < num_visible; ++j) {
    const std::vector<double> row = value(j);
    for (std::size_t i = 0; i < d_v; ++i) result.out[i] += std::exp(scores[j] - max) / sum * row[i];
  }
  if (num_visible > 0) result.lse = max + std::log(sum);
  return result;
}

// Equal up to `tolerance`, absolute below 1 and relative above; infinities and NaN in the same
// places.
inline testing::AssertionResult is_close(double actual, double expected, double tolerance) {
  if (std::isnan(expected) ? std::isnan(actual) : actual == expected) {
    return testing::AssertionSuccess();
  }
  const double allowed = tolerance * std::max(1.0, std::abs(expected));
  if (std::abs(actual - expected) <= allowed) return testing::AssertionSuccess();
  return testing::AssertionFailure() << actual << " is not " << expected << " within " << allowed;
}

}  // namespace mla::cpu
