// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/warp.h"

namespace emulator {

// One operand's value in one lane, widened to 64 bits.
inline uint64_t read_lane(const Warp& warp, const Row& row, int lane) {
  return row.is_wide ? warp.words<uint64_t>(row)[lane] : warp.words<uint32_t>(row)[lane];
}

inline void write_lane(const Warp& warp, const Row& row, int lane, uint64_t value) {
  if (row.is_wide) {
    warp.words<uint64_t>(row)[lane] = value;
  } else {
    warp.words<uint32_t>(row)[lane] = static_cast<uint32_t>(value);
  }
}

// The address that an address operand gives in one lane. Addresses of 32 bits wrap there.
inline uint64_t read_address(const Warp& warp, const Row& row, int lane) {
  const uint64_t address = read_lane(warp, row, lane) + static_cast<uint64_t>(row.displacement);
  return row.is_wide ? address : static_cast<uint32_t>(address);
}

}  // namespace emulator
