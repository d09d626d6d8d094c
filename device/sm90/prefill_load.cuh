// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/sm90/prefill_storage.cuh"
#include "device/tile/prefill_load.cuh"

namespace mla::sm90::prefill {

// Role: one warp, a lane of which has the copy engine bring the values of every item, the last tile
// first. Those to be transposed have barriers of their own.
template <PrefillConfig kConfig>
__device__ void load_values_role(const PrefillParams& params, Storage<kConfig>& storage) {
  const bool issues = ptx::laneid() == 0;
  auto& full = Storage<kConfig>::kTransposes ? storage.loaded_full : storage.value_full;
  auto& empty = Storage<kConfig>::kTransposes ? storage.loaded_empty : storage.value_empty;
  tile::Ring<Storage<kConfig>::kValueStages> values;
  tile::PrefillWalk<kConfig> walk(params);
  tile::PrefillItem item;
  while (walk.next(item)) {
    const int kv_head = item.head / params.heads_per_kv_head;
    for (int t = item.num_tiles - 1; t >= 0; --t, values.advance()) {
      if (!issues) continue;
      tile::wait(empty[values.stage], values.free_parity());
      tile::load_tile(storage.values[values.stage], full[values.stage], params.value,
                      item.kv_token + t * kConfig.tile_kv, kv_head);
    }
    __syncwarp();
  }
}

}  // namespace mla::sm90::prefill
