// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace emulator::ptx {

// The fundamental and packed types of PTX. The order is that of the table in type.cc.
enum class Type : uint8_t {
  kPred,
  kB8,
  kB16,
  kB32,
  kB64,
  kB128,
  kU8,
  kU16,
  kU32,
  kU64,
  kS8,
  kS16,
  kS32,
  kS64,
  kF16,
  kBf16,
  kF32,
  kF64,
  kTf32,
  kF16x2,
  kBf16x2,
  kF32x2,
  kU16x2,
  kS16x2,
  kE4m3x2,
  kE5m2x2,
  kE4m3,
  kE5m2,
  kUe8m0x2,
};

// The type written without its dot ("f32"), or nothing when the word is not a type.
std::optional<Type> type_from_name(std::string_view name);
std::string_view type_name(Type type);

// Size in a register or in memory; a predicate counts as 1 bit.
int size_bits(Type type);
inline int size_bytes(Type type) {
  return (size_bits(type) + 7) / 8;
}

bool is_signed_integer(Type type);
bool is_unsigned_integer(Type type);
bool is_floating_point(Type type);  // f16, bf16, f32, f64, tf32; not the packed types

}  // namespace emulator::ptx
