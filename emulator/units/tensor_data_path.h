// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "emulator/units/instruction_descriptor.h"
#include "emulator/units/tensor_memory.h"

namespace emulator {

// How D of a tcgen05.mma lies in the tensor memory of one CTA (ISA 9.7.16.10.5). The lanes are cut
// into `num_parts` parts that hold the same rows and different columns:
//
//   layout  M                 parts  rows per CTA
//   A, D    256 (pair), 128   1      128
//   F       64                1      64, in the first or second 16 lanes of each 32
//   B, E    128 (pair), 64 .ws  2    64
//   G       32 .ws            4      32
struct TensorDataPath {
  uint32_t num_rows = 0;  // of D in this CTA
  uint32_t num_parts = 1;
  bool is_half_used = false;  // layout F

  static TensorDataPath find(const MmaVariant& variant, uint32_t m);

  // Columns of tensor memory that D with `n` columns takes.
  uint32_t num_columns(uint32_t n) const { return n / num_parts; }

  uint32_t lane(uint32_t row, uint32_t part) const {
    const uint32_t within = is_half_used ? row / 16 * 32 + row % 16 : row;
    return within + part * (TensorMemory::kNumLanes / num_parts);
  }
  // Where element (row, column) of D lies, relative to its address.
  TensorMemoryAddress place(uint32_t row, uint32_t column, uint32_t n) const {
    const uint32_t columns = num_columns(n);
    return {lane(row, column / columns), column % columns};
  }
};

}  // namespace emulator
