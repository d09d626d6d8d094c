// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/prefill_config.h"

namespace mla::tile {

// Rows of queries, keys and values in shared memory: in chunks, swizzled as the copy engine and the
// matrix instructions agree.
template <PrefillConfig kConfig>
struct PrefillTiles {
  static constexpr int kBytes = size_bytes(kConfig.dtype);  // of an element
  static constexpr int kChunkBytes = prefill_chunk(kConfig) * kBytes;
  static constexpr int kChunks = kConfig.d_qk / prefill_chunk(kConfig);
  static constexpr int kValueChunkBytes = prefill_value_chunk(kConfig) * kBytes;
  static constexpr int kValueChunks = kConfig.d_v / prefill_value_chunk(kConfig);

  struct alignas(1024) Queries {
    unsigned char chunks[kChunks][kConfig.tile_q][kChunkBytes];
  };
  struct alignas(1024) Keys {
    unsigned char chunks[kChunks][kConfig.tile_kv][kChunkBytes];
  };
  struct alignas(1024) Values {
    unsigned char chunks[kValueChunks][kConfig.tile_kv][kValueChunkBytes];
  };
};

}  // namespace mla::tile
