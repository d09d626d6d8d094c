// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_config.h"
#include "device/ptx/mbarrier.cuh"

namespace mla::sm90 {

// Roles of the FP8 decode kernel, one warpgroup each; see decode_fp8.cuh.
inline constexpr int kScoresWarpgroup = 0;
inline constexpr int kFirstValuesWarpgroup = 1;
inline constexpr int kNumValuesWarpgroups = 2;
inline constexpr int kLoadWarpgroup = 3;
inline constexpr int kFirstValuesBarrier = 1;  // named barriers of the values warpgroups
inline constexpr int kScoresBarrier = 3;
inline constexpr int kDecodeThreads = 4 * 128;

// What a row's sums of a span are multiplied by. A lane of the values role reads those of its rows,
// 8 i + 2 (lane % 4) and the next, with two instructions for every block of columns; float32 would
// keep shared memory twice as busy.
inline constexpr ElementType kSpanScaleType = ElementType::kFloat16;
struct SpanScales {
  alignas(16) unsigned short lanes[4][8][2];

  // Those of `row` and of the row 8 further, in the low and the high half of `pair`.
  __device__ void set(int row, unsigned pair) {
    auto& target = lanes[row % 8 / 2];
    target[row / 8][row % 2] = static_cast<unsigned short>(pair);
    target[row / 8 + 1][row % 2] = static_cast<unsigned short>(pair >> 16);
  }
};

// Shared memory of the FP8 decode kernel. Rows of 128 bytes (latent) and 64 bytes (rope), swizzled
// as the copy engine and the matrix instructions agree.
template <DecodeConfig kConfig>
struct DecodeStorage {
  static constexpr int kTileRows = 64;  // M of the score product, whatever kConfig.tile_rows is
  static constexpr int kTileKv = kConfig.tile_kv;
  static constexpr int kChunkBytes = 128;
  static constexpr int kChunks = kConfig.latent_dim / kChunkBytes;
  static constexpr int kKvStages = 5;
  static constexpr int kPStages = 2;

  struct alignas(1024) Tile {
    unsigned char latent[kChunks][kTileKv][kChunkBytes];
    unsigned char rope[kTileKv][kConfig.rope_dim];
  };

  Tile query;          // 36 KB
  Tile kv[kKvStages];  // 180 KB: K, and V in its latent part; e4m3 P [rows][keys] replaces rope
  SpanScales span_scales[kPStages];
  float rescale[kPStages][kTileRows];          // what sums of the spans before are multiplied by
  alignas(4) bool needs_rescale[kPStages][4];  // per warp of the scores role
  float inverse_sum[kTileRows];                // of a finished piece
  float lse[kTileRows];                        // of a finished piece, base 2
  long long out_offset[kTileRows];             // of a row within its request, in elements

  ptx::Barrier query_full, query_empty;
  ptx::Barrier kv_full[kKvStages], kv_empty[kKvStages];
  ptx::Barrier p_full[kPStages], p_empty[kPStages];
  ptx::Barrier sums_full, sums_empty;
};

// What the host asks of a launch (device/abi/decode_config.h counts without these types).
template <DecodeConfig kConfig>
inline constexpr bool kFitsPlannedSmem =
    sizeof(DecodeStorage<kConfig>) <= sm90_decode_fp8_smem_bytes(kConfig);

// Warps of the scores role that own rows of the tile.
template <DecodeConfig kConfig>
inline constexpr int kActiveScoreWarps = (kConfig.tile_rows + 15) / 16;

}  // namespace mla::sm90
