// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/numbers.h"

#include <cstring>

#include "tests/emulator/silicon/tensor_request.h"

namespace emulator::silicon {
namespace {

using namespace mla::driver;

struct Layout {
  int fraction_bits;
  int exponent_bits;
};

Layout layout_of(CUtensorMapDataType type) {
  switch (type) {
    case kTensorMapFloat16: return {10, 5};
    case kTensorMapBFloat16: return {7, 8};
    case kTensorMapFloat64: return {52, 11};
    default: return {23, 8};
  }
}

// Near one: a random sign and fraction, an exponent at most 3 away from the bias.
uint64_t moderate(const Layout& layout, uint64_t random) {
  const uint64_t fraction = random & ((uint64_t{1} << layout.fraction_bits) - 1);
  const uint64_t bias = (uint64_t{1} << (layout.exponent_bits - 1)) - 1;
  const uint64_t exponent = bias - 3 + (random >> 55) % 7;
  const uint64_t sign = random >> 63;
  return (sign << layout.exponent_bits | exponent) << layout.fraction_bits | fraction;
}

uint64_t special(const Layout& layout, uint64_t random) {
  const uint64_t infinity = ((uint64_t{1} << layout.exponent_bits) - 1) << layout.fraction_bits;
  const uint64_t fraction = random & ((uint64_t{1} << layout.fraction_bits) - 1);
  // Between two numbers of tf32, which keeps 10 bits of an f32's fraction.
  const uint64_t tie = (infinity / 2) | (fraction >> 13 << 13) | 0x1000;
  const uint64_t magnitudes[] = {
      0, 1, fraction, infinity - 1, tie, infinity, infinity + 1 + fraction / 2};
  const uint64_t sign = (random >> 63) << (layout.exponent_bits + layout.fraction_bits);
  return sign | magnitudes[(random >> 56) % 7];
}

}  // namespace

bool is_float(CUtensorMapDataType type) {
  return type >= kTensorMapFloat16;
}

std::vector<uint8_t> numbers(CUtensorMapDataType type, size_t bytes, uint64_t seed) {
  const Layout layout = layout_of(type);
  const size_t size = element_bytes(type);
  const std::vector<uint8_t> random = noise(bytes / size * 8, seed);
  std::vector<uint8_t> result(bytes);
  for (size_t i = 0; i < bytes / size; ++i) {
    uint64_t word;
    std::memcpy(&word, random.data() + i * 8, 8);
    const bool is_special = (word >> 40) % 2 == 0;
    const uint64_t value = is_special ? special(layout, word) : moderate(layout, word);
    std::memcpy(result.data() + i * size, &value, size);
  }
  return result;
}

}  // namespace emulator::silicon
