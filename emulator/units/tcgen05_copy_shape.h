// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "emulator/ptx/form.h"

namespace emulator {

// What a tcgen05.cp moves (ISA 9.7.16.9.2): rows of shared memory into lanes of tensor memory, each
// into one lane or into several replicas of it. Rows come in blocks that lie side by side in the
// lanes; replicas lie a fixed distance apart.
struct Tcgen05CopyShape {
  uint32_t num_rows = 0;
  uint32_t row_bytes = 0;
  uint32_t num_replicas = 1;
  uint32_t rows_per_block = 0;
  uint32_t block_lanes = 0;    // from a block to the next
  uint32_t replica_lanes = 0;  // from a replica to the next

  static Tcgen05CopyShape find(const ptx::Form& form) {
    if (form.has("128x256b")) return {128, 32, 1, 128, 128, 0};
    if (form.has("128x128b")) return {128, 16, 1, 128, 128, 0};
    if (form.has("4x256b")) return {4, 32, 1, 1, 32, 0};
    if (form.has("32x128b")) return {32, 16, 4, 32, 128, 32};
    // 64x128b: warps 0 and 2 (1 and 3) or 0 and 1 (2 and 3) receive the same rows.
    if (form.has("warpx2::02_13")) return {64, 16, 2, 64, 64, 64};
    return {64, 16, 2, 32, 64, 32};
  }

  // 4x256b refreshes one lane of every 32; the others begin at lane 0.
  uint32_t max_first_lane() const { return rows_per_block == 1 ? 31 : 0; }

  uint32_t lane(uint32_t row, uint32_t replica) const {
    return row / rows_per_block * block_lanes + row % rows_per_block + replica * replica_lanes;
  }
};

}  // namespace emulator
