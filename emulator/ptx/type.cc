// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/type.h"

#include <array>

namespace emulator::ptx {
namespace {

struct TypeFacts {
  std::string_view name;
  int bits;
};

constexpr std::array<TypeFacts, 29> kTypes = {{
    {"pred", 1},    {"b8", 8},      {"b16", 16},    {"b32", 32},   {"b64", 64},     {"b128", 128},
    {"u8", 8},      {"u16", 16},    {"u32", 32},    {"u64", 64},   {"s8", 8},       {"s16", 16},
    {"s32", 32},    {"s64", 64},    {"f16", 16},    {"bf16", 16},  {"f32", 32},     {"f64", 64},
    {"tf32", 32},   {"f16x2", 32},  {"bf16x2", 32}, {"f32x2", 64}, {"u16x2", 32},   {"s16x2", 32},
    {"e4m3x2", 16}, {"e5m2x2", 16}, {"e4m3", 8},    {"e5m2", 8},   {"ue8m0x2", 16},
}};

const TypeFacts& facts(Type type) {
  return kTypes[static_cast<size_t>(type)];
}

}  // namespace

std::optional<Type> type_from_name(std::string_view name) {
  for (size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].name == name) return static_cast<Type>(i);
  }
  return std::nullopt;
}

std::string_view type_name(Type type) {
  return facts(type).name;
}

int size_bits(Type type) {
  return facts(type).bits;
}

bool is_signed_integer(Type type) {
  return type >= Type::kS8 && type <= Type::kS64;
}

bool is_unsigned_integer(Type type) {
  return type >= Type::kU8 && type <= Type::kU64;
}

bool is_floating_point(Type type) {
  return type >= Type::kF16 && type <= Type::kTf32;
}

}  // namespace emulator::ptx
