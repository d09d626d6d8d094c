// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/sync.cuh"
#include "device/ptx/tma.cuh"
#include "device/tile/prefill_walk.cuh"
#include "device/tile/ring.cuh"

namespace mla::tile {

// Rows past a request's end come too, of the next request or as zeros.
template <typename Tile>
__device__ void load_tile(Tile& tile, ptx::Barrier& full, const TensorMap& map, int token,
                          int head) {
  ptx::mbarrier_arrive_expect_tx(full, sizeof(tile.chunks));
  ptx::cp_async_bulk_tensor_4d(&tile, &map, full, 0, token, 0, head);
}

// Role: one warp, a lane of which has the copy engine bring the queries of every item and its keys,
// the last tile first.
template <PrefillConfig kConfig, typename Storage>
__device__ void load_keys_role(const PrefillParams& params, Storage& storage) {
  const bool issues = ptx::laneid() == 0;
  Ring<Storage::kKeyStages> keys;
  Ring<1> query;
  PrefillWalk<kConfig> walk(params);
  PrefillItem item;
  while (walk.next(item)) {
    if (item.num_tiles == 0) continue;
    const int kv_head = item.head / params.heads_per_kv_head;
    if (issues) {
      wait(storage.query_empty, query.free_parity());
      load_tile(storage.query, storage.query_full, params.query, item.q_token, item.head);
    }
    query.advance();
    for (int t = item.num_tiles - 1; t >= 0; --t, keys.advance()) {
      if (!issues) continue;
      wait(storage.key_empty[keys.stage], keys.free_parity());
      load_tile(storage.keys[keys.stage], storage.key_full[keys.stage], params.key,
                item.kv_token + t * kConfig.tile_kv, kv_head);
    }
    __syncwarp();
  }
  // Before a block ends, what was to be arrived at its barriers must have.
  wait(storage.query_empty, query.free_parity());
  for (int i = 0; i < Storage::kKeyStages; ++i, keys.advance()) {
    wait(storage.key_empty[keys.stage], keys.free_parity());
  }
}

}  // namespace mla::tile
