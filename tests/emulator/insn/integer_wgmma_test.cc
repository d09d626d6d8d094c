// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/emulator/kernel_runner.h"
#include "tests/emulator/silicon/matrix_cases.h"

// wgmma on 8-bit integers beside plain sums: every width, pair of types, swizzle and place of A,
// wrapping and saturating. The sums are exact, so that only what lies where could be misread.
namespace emulator {
namespace {

using silicon::WgmmaCase;

constexpr uint32_t kThreads = silicon::kWarpgroupThreads;

// The parts of what the kernel reads.
class Input {
 public:
  explicit Input(const WgmmaCase& c) : case_(c), bytes_(silicon::wgmma_input(c)) {}

  const std::vector<uint8_t>& bytes() const { return bytes_; }
  int32_t accumulator(uint32_t index, uint32_t thread) const {
    return static_cast<int32_t>(word(index * kThreads + thread));
  }
  // A register of A holds four bytes of row thread / 4 + 8 (index % 2) of the warp's 16 rows.
  int a(uint32_t row, uint32_t k) const {
    if (!case_.has_a_registers) {
      return value(image() + silicon::place_of_element(case_.a.swizzle, row, k), case_.integers->a);
    }
    const uint32_t thread = row / 16 * 32 + row % 8 * 4 + k % 16 / 4;
    const uint32_t index = row % 16 / 8 + k / 16 * 2;
    return value(fragment() + 4 * (index * kThreads + thread) + k % 4, case_.integers->a);
  }
  int b(uint32_t column, uint32_t k) const {
    const uint32_t place = silicon::place_of_element(case_.b.swizzle, column, k);
    return value(image() + silicon::kBeginOfB + place, case_.integers->b);
  }

 private:
  size_t fragment() const { return size_t{4} * kThreads * num_registers(); }
  size_t image() const { return fragment() + size_t{16} * kThreads; }
  size_t num_registers() const { return static_cast<size_t>(case_.num_registers()); }
  uint32_t word(size_t index) const {
    uint32_t word = 0;
    std::memcpy(&word, bytes_.data() + 4 * index, 4);
    return word;
  }
  int value(size_t at, const std::string& type) const {
    return type[0] == 's' ? static_cast<int8_t>(bytes_[at]) : bytes_[at];
  }

  const WgmmaCase& case_;
  std::vector<uint8_t> bytes_;
};

// Register `index` of a thread, after the product.
int32_t expected(const WgmmaCase& c, const Input& input, uint32_t index, uint32_t thread) {
  const uint32_t row = thread / 32 * 16 + thread % 32 / 4 + 8 * (index / 2 % 2);
  const uint32_t column = 8 * (index / 4) + thread % 4 * 2 + index % 2;
  int64_t sum = input.accumulator(index, thread);
  for (uint32_t k = 0; k < 32; ++k) sum += int64_t{input.a(row, k)} * input.b(column, k);
  using Limits = std::numeric_limits<int32_t>;
  if (c.integers->saturates) {
    sum = std::clamp<int64_t>(sum, Limits::min(), Limits::max());
  }
  return static_cast<int32_t>(static_cast<uint64_t>(sum));
}

TEST(IntegerWgmma, AgreesWithPlainSums) {
  for (const WgmmaCase& c : silicon::integer_wgmma_products()) {
    const Input input(c);
    KernelRunner runner(silicon::wgmma_module(c));
    const size_t num_words = size_t{kThreads} * static_cast<size_t>(c.num_registers());
    const uint64_t out = runner.allocate(4 * num_words);
    runner.launch("k", {1, 1, 1}, {kThreads, 1, 1}, out, runner.upload(input.bytes()));
    const auto results = runner.download<int32_t>(out, num_words);
    for (uint32_t i = 0; i < num_words; ++i) {
      ASSERT_EQ(results[i], expected(c, input, i / kThreads, i % kThreads))
          << c.name() << ", register " << i / kThreads << " of thread " << i % kThreads;
    }
  }
}

}  // namespace
}  // namespace emulator
