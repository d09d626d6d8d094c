// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mla::test {
namespace {

// Longer tensors repeat their numbers after a prime count, so that no two rows are alike.
constexpr std::int64_t kPeriod = 1'000'003;
constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;

std::uint64_t mix(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
  return word ^ (word >> 31);
}

}  // namespace

std::vector<std::uint64_t> words(std::uint64_t seed, Stream stream, std::int64_t count) {
  const std::uint64_t key = mix(seed * kGolden + static_cast<std::uint64_t>(stream));
  std::vector<std::uint64_t> result(count);
  for (std::int64_t i = 0; i < count; ++i) result[i] = mix(key + (i + 1) * kGolden);
  return result;
}

std::vector<float> normals(std::uint64_t seed, Stream stream, std::int64_t count, double std_dev) {
  // The standard deviation of the sum of four uniform integers below 2^16.
  const double sum_std = std::sqrt(4 * (65536.0 * 65536.0 - 1) / 12);
  const auto factor = static_cast<float>(std_dev / sum_std);
  std::vector<float> result;
  result.reserve(count);
  for (const std::uint64_t word : words(seed, stream, std::min(count, kPeriod))) {
    std::int64_t total = -2 * 65535;
    for (const int shift : {0, 16, 32, 48}) total += (word >> shift) & 0xFFFF;
    result.push_back(static_cast<float>(total) * factor);
  }
  for (std::int64_t i = kPeriod; i < count; ++i) result.push_back(result[i - kPeriod]);
  return result;
}

std::vector<std::int64_t> order(std::uint64_t seed, Stream stream, std::int64_t count) {
  const std::vector<std::uint64_t> keys = words(seed, stream, count);
  std::vector<std::int64_t> result(count);
  std::iota(result.begin(), result.end(), 0);
  std::ranges::stable_sort(result, {}, [&](std::int64_t i) { return keys[i] >> 1; });
  return result;
}

}  // namespace mla::test
