// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/numerics/operand_format.h"

#include <array>
#include <vector>

namespace emulator {
namespace {

constexpr FloatFormat kE2m3Format{3, 2, false, 0x1f, 0x1f};
constexpr FloatFormat kE3m2Format{2, 3, false, 0x1f, 0x1f};
constexpr FloatFormat kE2m1Format{1, 2, false, 0x07, 0x07};

// In the order of OperandFormat.
constexpr std::array<OperandFacts, 8> kFacts{{
    {kF16Format, 16},
    {kBf16Format, 16},
    {kTf32Format, 32},
    {kE4m3Format, 8},
    {kE5m2Format, 8},
    {kE2m3Format, 8},
    {kE3m2Format, 8},
    {kE2m1Format, 8},
}};

// Every value of a format with at most 16 bits. Bits above the format's own are ignored.
std::vector<float> make_table(OperandFormat format) {
  const OperandFacts& about = facts(format);
  const uint64_t mask = about.format.sign_bit() * 2 - 1;
  std::vector<float> table(size_t{1} << about.element_bits);
  for (size_t bits = 0; bits < table.size(); ++bits) {
    table[bits] = static_cast<float>(value_of_format(bits & mask, about.format));
  }
  return table;
}

template <OperandFormat kFormat>
float look_up(uint32_t bits) {
  static const std::vector<float> table = make_table(kFormat);
  return table[bits & (table.size() - 1)];
}

}  // namespace

const OperandFacts& facts(OperandFormat format) {
  return kFacts[static_cast<size_t>(format)];
}

float decode_operand(OperandFormat format, uint32_t bits) {
  switch (format) {
    case OperandFormat::kF16: return look_up<OperandFormat::kF16>(bits);
    case OperandFormat::kBf16: return std::bit_cast<float>(bits << 16);
    case OperandFormat::kTf32: return std::bit_cast<float>(bits & ~uint32_t{0x1fff});
    case OperandFormat::kE4m3: return look_up<OperandFormat::kE4m3>(bits);
    case OperandFormat::kE5m2: return look_up<OperandFormat::kE5m2>(bits);
    case OperandFormat::kE2m3: return look_up<OperandFormat::kE2m3>(bits);
    case OperandFormat::kE3m2: return look_up<OperandFormat::kE3m2>(bits);
    case OperandFormat::kE2m1: return look_up<OperandFormat::kE2m1>(bits);
  }
  return 0;
}

}  // namespace emulator
