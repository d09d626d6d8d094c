// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "mla/device.h"
#include "plan/grid.h"

namespace mla {

// How a kernel that only moves bytes cuts its independent rows.
struct RowBlocks {
  int rows_per_block = 1;  // rows that a block has in flight at a time, a power of two
  Grid grid;               // blocks that take such groups of rows in turns
};

RowBlocks cut_rows(std::int64_t num_rows, std::int64_t bytes_per_row, const DeviceFacts& device);

}  // namespace mla
