// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "device/abi/decode_config.h"
#include "mla/decode.h"
#include "plan/grid.h"

namespace mla {

// What was chosen for a DecodeProblem on a device. Rows are the (token, head) pairs of a request,
// row = token * num_heads + head; a row tile is a run of them that one pass over the keys serves.
// In a cluster each block has a part of the tile, a run of rows_per_tile; the last one may lack
// some.
struct DecodePlan {
  DecodeConfig config;  // what the kernel is compiled for
  std::int64_t num_rows = 0;
  int fold = 1;           // query tokens per block's part when these hold whole tokens
  bool is_dense = false;  // parts cut through tokens because no fold fits well
  int rows_per_tile = 0;  // rows that a block's full part holds
  std::int64_t num_row_tiles = 0;
  int tile_kv = 0;       // keys per tile
  int cluster_size = 1;  // thread blocks that share one row tile
  int num_workers = 1;   // stretches of the key line per row tile (device/abi/decode_work.h)
  bool splits_requests = false;  // a request may be cut between workers; else one does all of it
  std::int64_t workspace_bytes = 0;  // for what workers leave to each other
  Grid grid;
  double modelled_seconds = 0;  // what the choice was scored by
};

// A partial result of one row: 512 sums and the log-sum-exp, in float32.
inline constexpr int kPartialStateFloats = 513;

// What callers of decode allocate; no plan needs more.
std::int64_t max_decode_workspace_bytes(const DecodeProblem& problem, const DeviceFacts& device);

// Pure: depends on nothing but its arguments. Throws Error for a problem outside the contract.
DecodePlan plan_decode(const DecodeProblem& problem, const DeviceFacts& device);

}  // namespace mla
