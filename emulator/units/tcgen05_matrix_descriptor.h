// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "emulator/units/shared_matrix.h"

namespace emulator {

// The shared memory descriptor of tcgen05 instructions (ISA 9.7.16.4.1), field by field.
struct Tcgen05MatrixDescriptor {
  uint32_t start_address = 0;  // bytes
  uint32_t leading_bytes = 0;
  uint32_t stride_bytes = 0;
  uint32_t version = 0;
  uint32_t base_offset = 0;
  bool has_absolute_leading_address = false;
  uint32_t reserved = 0;
  uint32_t swizzle_mode = 0;

  static Tcgen05MatrixDescriptor from_bits(uint64_t bits);

  // What is wrong with the descriptor itself, or an empty string.
  std::string check() const;
  // The matrix it describes; check() must have passed.
  SharedMatrix matrix(bool is_mn_major) const;
};

}  // namespace emulator
