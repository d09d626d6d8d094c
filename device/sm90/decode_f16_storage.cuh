// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_config.h"
#include "device/ptx/mbarrier.cuh"

namespace mla::sm90::f16 {

// Roles, one warpgroup each; see decode_f16.cuh.
inline constexpr int kScoresWarpgroup = 0;
inline constexpr int kFirstValuesWarpgroup = 1;
inline constexpr int kNumValuesWarpgroups = 2;
inline constexpr int kLoadWarpgroup = 3;
inline constexpr int kDecodeThreads = 4 * 128;
inline constexpr int kScoreWarps = 4;
inline constexpr int kValueWarps = 4 * kNumValuesWarpgroups;
inline constexpr int kFirstValuesBarrier = 1;  // named barriers, one a values warpgroup

// A key tile is loaded and released in three groups of chunks, in this order: the score product
// takes chunks in any order, and needs the rope chunk no longer when the value product begins.
inline constexpr int kKeyGroups = 3;
inline constexpr int kRopeGroup = 0;

// What a row of a finished piece came to.
struct RowResult {
  float inverse_weight;  // 1 / the sum of its probabilities as rounded; 0 when it sees no key
  float lse;             // base 2
};

// What kernels for 16-bit types share of their shared memory. A row of a tile lies in chunks of 64
// columns, 128 bytes each, swizzled as the copy engine and the matrix instructions agree.
template <DecodeConfig kConfig>
struct KeyStorage {
  static constexpr int kTileRows = 64;
  static constexpr int kTileKv = kConfig.tile_kv;
  static constexpr int kChunkColumns = 64;
  static constexpr int kChunkBytes = 128;
  static constexpr int kLatentChunks = kConfig.latent_dim / kChunkColumns;
  static constexpr int kRopeChunk = kLatentChunks;
  static constexpr int kGroupChunks = kLatentChunks / (kKeyGroups - 1);
  static constexpr int kKvStages = 2;
  static constexpr int kSteps = kTileKv / 16;  // of the value product

  using Chunk = unsigned char[64][kChunkBytes];
  struct alignas(1024) Tile {
    Chunk chunks[kLatentChunks + 1];  // the last one is the rope part
  };

  Tile query;          // 72 KB
  Tile kv[kKvStages];  // 144 KB: K, and V in its latent part
  // Probabilities as the score product leaves them and the value product takes them: the registers
  // of lane l of warp w are those of the same lane and warp in both.
  alignas(1024) uint4 p[kScoreWarps][kSteps][32];  // 8 KB

  ptx::Barrier query_full, query_empty;
  ptx::Barrier kv_empty[kKvStages][kKeyGroups];
};

// Shared memory of the kernel with roles of their own for scores and values.
template <DecodeConfig kConfig>
struct Storage : KeyStorage<kConfig> {
  static constexpr int kTileRows = KeyStorage<kConfig>::kTileRows;

  float rescale[kTileRows];         // what a row's sums are multiplied by before this tile
  bool needs_rescale[kScoreWarps];  // whether one of the warp's 16 factors is not 1
  RowResult results[kTileRows];     // of a finished piece

  ptx::Barrier kv_full[KeyStorage<kConfig>::kKvStages][kKeyGroups];
  ptx::Barrier p_full, p_empty;
  ptx::Barrier results_full, results_empty;
};

// What the host asks of a launch (device/abi/decode_config.h counts without these types).
template <DecodeConfig kConfig>
inline constexpr bool kFitsPlannedSmem =
    sizeof(Storage<kConfig>) <= sm90_decode_f16_smem_bytes(kConfig);

}  // namespace mla::sm90::f16
