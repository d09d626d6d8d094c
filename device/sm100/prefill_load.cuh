// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/sm100/prefill_storage.cuh"
#include "device/sm100/stages.cuh"
#include "device/tile/prefill_load.cuh"

namespace mla::sm100::prefill {

// Role: one warp has the copy engine bring the values of every item, the last tile first. That of a
// request is loaded and cleaned before it is announced.
template <PrefillConfig kConfig>
__device__ void load_values_role(const PrefillParams& params, Storage<kConfig>& storage) {
  const bool issues = ptx::laneid() == 0;
  tile::Ring<Storage<kConfig>::kValueStages> ring;
  tile::Ring<1> tail;
  tile::PrefillWalk<kConfig> walk(params);
  tile::PrefillItem item;
  while (walk.next(item)) {
    const int kv_head = item.head / params.heads_per_kv_head;
    for (int t = item.num_tiles - 1; t >= 0; --t, ring.advance()) {
      const int num_keys = item.kv_len - t * kConfig.tile_kv;
      const bool is_tail = num_keys < kConfig.tile_kv;
      auto& values = storage.values[ring.stage];
      ptx::Barrier& full = storage.value_full[ring.stage];
      tile::wait(storage.value_empty[ring.stage], ring.free_parity());
      if (issues) {
        tile::load_tile(values, is_tail ? storage.tail_loaded : full, params.value,
                        item.kv_token + t * kConfig.tile_kv, kv_head);
      }
      __syncwarp();
      if (!is_tail) continue;
      tile::wait(storage.tail_loaded, tail.parity());
      tail.advance();
      clear_absent_keys(values.chunks, num_keys);
      if (issues) ptx::mbarrier_arrive(full);
    }
  }
  drain(storage.value_empty, ring);
}

}  // namespace mla::sm100::prefill
