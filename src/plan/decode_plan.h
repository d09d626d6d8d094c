// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "mla/decode.h"

namespace mla {

// What was chosen for a DecodeProblem on a device. Rows are the (token, head) pairs of a request,
// row = token * num_heads + head; a row tile is a run of them that one pass over the keys serves.
struct DecodePlan {
  std::int64_t num_rows = 0;
  int fold = 1;             // query tokens per row tile when tiles hold whole tokens
  bool is_dense = false;    // tiles cut through tokens because no fold fits well
  int rows_per_tile = 0;    // rows that a full tile holds
  std::int64_t num_row_tiles = 0;
  int tile_kv = 0;          // keys per tile
  int cluster_size = 1;     // thread blocks that share one row tile
  int num_workers = 1;      // stretches of the key line per row tile (device/abi/decode_work.h)
  std::int64_t workspace_bytes = 0;
};

// Pure: depends on nothing but its arguments.
DecodePlan plan_decode(const DecodeProblem& problem, const DeviceFacts& device);

}  // namespace mla
