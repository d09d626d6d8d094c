// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/reduction.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>

#include "emulator/insn/float_format.h"

namespace emulator {
namespace {

using ptx::Type;

template <typename Word, Word (*kCombine)(Word, Word)>
void update(uint8_t* destination, const uint8_t* operand) {
  Word value;
  std::memcpy(&value, operand, sizeof value);
  std::atomic_ref<Word> element(*reinterpret_cast<Word*>(destination));
  Word old = element.load();
  while (!element.compare_exchange_weak(old, kCombine(old, value))) {
  }
}

template <typename Word>
Word add(Word a, Word b) {
  return a + b;
}
template <typename Word>
Word bitwise_and(Word a, Word b) {
  return a & b;
}
template <typename Word>
Word bitwise_or(Word a, Word b) {
  return a | b;
}
template <typename Word>
Word bitwise_xor(Word a, Word b) {
  return a ^ b;
}
template <typename Word>
Word minimum(Word a, Word b) {
  return std::min(a, b);
}
template <typename Word>
Word maximum(Word a, Word b) {
  return std::max(a, b);
}
uint32_t increment(uint32_t a, uint32_t b) {
  return a >= b ? 0 : a + 1;
}
uint32_t decrement(uint32_t a, uint32_t b) {
  return a == 0 || a > b ? b : a - 1;
}

// Floating-point numbers are stored as words. The manual has bulk sums of f32 flush subnormals; an
// H200 keeps them there, and flushes them in tensors whose type says so.
uint32_t add_f32(uint32_t a, uint32_t b) {
  const float sum = std::bit_cast<float>(a) + std::bit_cast<float>(b);
  return std::isnan(sum) ? static_cast<uint32_t>(kF32Format.nan) : std::bit_cast<uint32_t>(sum);
}
uint32_t add_f32_flushing(uint32_t a, uint32_t b) {
  const auto flush = [](uint32_t word) {
    return std::bit_cast<uint32_t>(flush_subnormal(std::bit_cast<float>(word)));
  };
  return flush(add_f32(flush(a), flush(b)));
}
// NaN comes through unchanged, the one in memory first.
uint64_t add_f64(uint64_t a, uint64_t b) {
  if (std::isnan(std::bit_cast<double>(a))) return a;
  if (std::isnan(std::bit_cast<double>(b))) return b;
  return std::bit_cast<uint64_t>(std::bit_cast<double>(a) + std::bit_cast<double>(b));
}
template <const FloatFormat& kFormat>
uint16_t add_half(uint16_t a, uint16_t b) {
  const double sum = value_of_format(a, kFormat) + value_of_format(b, kFormat);
  return static_cast<uint16_t>(round_to_format(sum, kFormat, Rounding::kNearestEven, false));
}

// The number when the other is NaN; -0 is below +0.
template <const FloatFormat& kFormat, bool kIsMaximum>
uint16_t extreme_half(uint16_t a, uint16_t b) {
  const double x = value_of_format(a, kFormat);
  const double y = value_of_format(b, kFormat);
  if (std::isnan(x) && std::isnan(y)) return static_cast<uint16_t>(kFormat.nan);
  if (std::isnan(x)) return b;
  if (std::isnan(y)) return a;
  const bool a_is_less = x < y || (x == y && std::signbit(x) && !std::signbit(y));
  return a_is_less == kIsMaximum ? b : a;
}

}  // namespace

Reduction::Reduction(std::string_view operation, Type type, bool flushes_subnormals)
    : combine_(find(operation, type)),
      element_bytes_(static_cast<uint32_t>(ptx::size_bytes(type))) {
  const bool is_float_sum = type == Type::kF32 && combine_;
  if (flushes_subnormals && is_float_sum) combine_ = update<uint32_t, add_f32_flushing>;
}

void Reduction::apply(uint8_t* destination, std::span<const uint8_t> operands) const {
  for (size_t i = 0; i < operands.size(); i += element_bytes_) {
    combine_(destination + i, operands.data() + i);
  }
}

Reduction::Combine Reduction::find(std::string_view operation, Type type) {
  const bool has_32_bits = ptx::size_bits(type) == 32;
  const bool is_integer = !ptx::is_floating_point(type) && ptx::size_bits(type) >= 32;
  if (is_integer && operation == "and") {
    return has_32_bits ? update<uint32_t, bitwise_and> : update<uint64_t, bitwise_and>;
  }
  if (is_integer && operation == "or") {
    return has_32_bits ? update<uint32_t, bitwise_or> : update<uint64_t, bitwise_or>;
  }
  if (is_integer && operation == "xor") {
    return has_32_bits ? update<uint32_t, bitwise_xor> : update<uint64_t, bitwise_xor>;
  }
  if (operation == "inc") return type == Type::kU32 ? update<uint32_t, increment> : nullptr;
  if (operation == "dec") return type == Type::kU32 ? update<uint32_t, decrement> : nullptr;
  if (operation == "add") {
    switch (type) {
      case Type::kU32:
      case Type::kS32: return update<uint32_t, add>;
      case Type::kU64: return update<uint64_t, add>;
      case Type::kF32: return update<uint32_t, add_f32>;
      case Type::kF64: return update<uint64_t, add_f64>;
      case Type::kF16: return update<uint16_t, add_half<kF16Format>>;
      case Type::kBf16: return update<uint16_t, add_half<kBf16Format>>;
      default: return nullptr;
    }
  }
  const bool is_maximum = operation == "max";
  if (!is_maximum && operation != "min") return nullptr;
  switch (type) {
    case Type::kU32: return is_maximum ? update<uint32_t, maximum> : update<uint32_t, minimum>;
    case Type::kS32: return is_maximum ? update<int32_t, maximum> : update<int32_t, minimum>;
    case Type::kU64: return is_maximum ? update<uint64_t, maximum> : update<uint64_t, minimum>;
    case Type::kS64: return is_maximum ? update<int64_t, maximum> : update<int64_t, minimum>;
    case Type::kF16:
      return is_maximum ? update<uint16_t, extreme_half<kF16Format, true>>
                        : update<uint16_t, extreme_half<kF16Format, false>>;
    case Type::kBf16:
      return is_maximum ? update<uint16_t, extreme_half<kBf16Format, true>>
                        : update<uint16_t, extreme_half<kBf16Format, false>>;
    default: return nullptr;
  }
}

}  // namespace emulator
