// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/instruction_descriptor.h"

#include <array>
#include <optional>

namespace emulator {
namespace {

uint32_t field(uint32_t bits, int first, int count) {
  return bits >> first & ((1u << count) - 1);
}

// By the number in the descriptor.
constexpr std::array<std::optional<OperandFormat>, 8> kNarrowFormats = {
    OperandFormat::kE4m3, OperandFormat::kE5m2, std::nullopt, OperandFormat::kE2m3,
    OperandFormat::kE3m2, OperandFormat::kE2m1, std::nullopt, std::nullopt};

std::optional<OperandFormat> find_format(MmaKind kind, uint32_t type) {
  switch (kind) {
    case MmaKind::kF16:
      if (type > 1) return std::nullopt;
      return type == 0 ? OperandFormat::kF16 : OperandFormat::kBf16;
    case MmaKind::kTf32:
      if (type != 2) return std::nullopt;
      return OperandFormat::kTf32;
    case MmaKind::kF8f6f4: return kNarrowFormats[type];
    case MmaKind::kI8: return std::nullopt;
  }
  return std::nullopt;
}

const char* kind_name(MmaKind kind) {
  constexpr std::array<const char*, 4> kNames = {".kind::f16", ".kind::tf32", ".kind::f8f6f4",
                                                 ".kind::i8"};
  return kNames[static_cast<size_t>(kind)];
}

bool is_legal_m(const MmaVariant& v, uint32_t m) {
  if (v.is_weight_stationary) return m == 32 || m == 64 || m == 128;
  return v.cta_group == 1 ? m == 64 || m == 128 : m == 128 || m == 256;
}

bool is_legal_n(const MmaVariant& v, uint32_t n) {
  if (n == 0 || n > 256) return false;
  if (v.is_weight_stationary) return n == 64 || n == 128 || n == 256;
  if (v.kind == MmaKind::kI8) {
    if (v.cta_group == 2) return n % 32 == 0;
    return n % 16 == 0 || n == 8 || n == 24;
  }
  return n % (v.cta_group == 1 ? 8 : 16) == 0;
}

}  // namespace

InstructionDescriptor InstructionDescriptor::from_bits(uint32_t bits) {
  InstructionDescriptor d;
  d.sparsity_selector = field(bits, 0, 2);
  d.is_sparse = field(bits, 2, 1) != 0;
  d.saturates = field(bits, 3, 1) != 0;
  d.d_type = field(bits, 4, 2);
  d.a_type = field(bits, 7, 3);
  d.b_type = field(bits, 10, 3);
  d.negates_a = field(bits, 13, 1) != 0;
  d.negates_b = field(bits, 14, 1) != 0;
  d.is_a_mn_major = field(bits, 15, 1) != 0;
  d.is_b_mn_major = field(bits, 16, 1) != 0;
  d.n = field(bits, 17, 6) << 3;
  d.m = field(bits, 24, 5) << 4;
  d.max_shift = field(bits, 30, 2);
  d.reserved = field(bits, 6, 1) | field(bits, 23, 1) | field(bits, 29, 1);
  return d;
}

std::string InstructionDescriptor::check(const MmaVariant& v) const {
  const std::string kind = kind_name(v.kind);
  const bool is_integer = v.kind == MmaKind::kI8;
  if (reserved != 0) return "a reserved bit of the instruction descriptor is set";
  if (is_sparse) return "the instruction descriptor says sparse, the instruction is dense";
  if (saturates && !is_integer) return "saturation is for .kind::i8 only";
  if (max_shift != 0 && !v.is_weight_stationary) return "a maximum shift is for .ws only";

  const bool has_legal_types = is_integer
                                   ? a_type <= 1 && b_type <= 1
                                   : find_format(v.kind, a_type) && find_format(v.kind, b_type);
  if (!has_legal_types) {
    return kind + " has no type " + std::to_string(a_type) + " for A or " + std::to_string(b_type) +
           " for B";
  }
  const bool has_legal_d = is_integer                 ? d_type == 2
                           : v.kind == MmaKind::kTf32 ? d_type == 1
                                                      : d_type <= 1;
  if (!has_legal_d) return kind + " has no type " + std::to_string(d_type) + " for D";
  if (v.kind == MmaKind::kF16 && d_type == 0 && (a_type != 0 || b_type != 0)) {
    return "D of type f16 needs A and B of type f16";
  }
  if (is_integer && (negates_a || negates_b)) return ".kind::i8 does not negate";

  if (!is_legal_m(v, m) || !is_legal_n(v, n)) {
    return kind + " with .cta_group::" + std::to_string(v.cta_group) +
           (v.is_weight_stationary ? " and .ws" : "") + " has no shape M = " + std::to_string(m) +
           ", N = " + std::to_string(n);
  }
  const uint32_t step = v.cta_group == 1 ? 16 : 32;
  if (is_b_mn_major && mma_element_bytes(v.kind) == 1 && n % step != 0) {
    return "a transposed B of 8-bit elements needs an N that " + std::to_string(step) +
           " divides, not " + std::to_string(n);
  }
  return {};
}

OperandFormat InstructionDescriptor::a_format(MmaKind kind) const {
  return *find_format(kind, a_type);
}

OperandFormat InstructionDescriptor::b_format(MmaKind kind) const {
  return *find_format(kind, b_type);
}

uint32_t mma_depth(MmaKind kind) {
  return 32 / mma_element_bytes(kind);
}

uint32_t mma_element_bytes(MmaKind kind) {
  switch (kind) {
    case MmaKind::kF16: return 2;
    case MmaKind::kTf32: return 4;
    case MmaKind::kF8f6f4:
    case MmaKind::kI8: return 1;
  }
  return 1;
}

}  // namespace emulator
