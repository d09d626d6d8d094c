// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

// Numbers made from (seed, stream, position) alone: the same here and in the Python package, so
// that a case has the same inputs everywhere.
namespace mla::test {

// Which of a case's independent sequences of numbers.
enum class Stream : std::uint64_t {
  kQuery = 1,
  kKey = 2,
  kValue = 3,
  kPages = 4,
  kLengths = 5,
  kKvLengths = 6,
  kLse = 7,
};

// The splitmix64 sequence of a key.
std::vector<std::uint64_t> words(std::uint64_t seed, Stream stream, std::int64_t count);

// Nearly normal: the sum of a word's four 16-bit fields, scaled.
std::vector<float> normals(std::uint64_t seed, Stream stream, std::int64_t count, double std_dev);

// A permutation of 0 .. count - 1.
std::vector<std::int64_t> order(std::uint64_t seed, Stream stream, std::int64_t count);

}  // namespace mla::test
