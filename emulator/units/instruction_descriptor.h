// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "emulator/numerics/operand_format.h"

namespace emulator {

// The .kind of a tcgen05.mma.
enum class MmaKind : uint8_t { kF16, kTf32, kF8f6f4, kI8 };

enum class AccumulatorType : uint8_t { kF16 = 0, kF32 = 1, kS32 = 2 };

// The variant of tcgen05.mma that an instruction descriptor is checked against.
struct MmaVariant {
  MmaKind kind = MmaKind::kF16;
  int cta_group = 1;
  bool is_weight_stationary = false;  // .ws
};

// The instruction descriptor of tcgen05.mma (ISA 9.7.16.4.2, table 42), field by field.
struct InstructionDescriptor {
  uint32_t sparsity_selector = 0;
  bool is_sparse = false;
  bool saturates = false;
  uint32_t d_type = 0;
  uint32_t a_type = 0;
  uint32_t b_type = 0;
  bool negates_a = false;
  bool negates_b = false;
  bool is_a_mn_major = false;
  bool is_b_mn_major = false;
  uint32_t n = 0;
  uint32_t m = 0;
  uint32_t max_shift = 0;
  uint32_t reserved = 0;

  static InstructionDescriptor from_bits(uint32_t bits);

  // What is wrong with it for this variant, or an empty string: types, shape (table 39),
  // transposition and negation (tables 51 and 52).
  std::string check(const MmaVariant& variant) const;

  AccumulatorType accumulator() const { return static_cast<AccumulatorType>(d_type); }
  OperandFormat a_format(MmaKind kind) const;  // not of kI8
  OperandFormat b_format(MmaKind kind) const;
};

// Elements that one instruction multiplies per result: 32 bytes of K.
uint32_t mma_depth(MmaKind kind);
// Bytes that an element takes in shared memory and in tensor memory.
uint32_t mma_element_bytes(MmaKind kind);

}  // namespace emulator
