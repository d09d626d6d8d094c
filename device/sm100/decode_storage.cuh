// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_config.h"
#include "device/ptx/tcgen05_mma.cuh"

namespace mla::sm100 {

// Roles by warp; see decode.cuh.
inline constexpr int kSoftmaxWarps = 4;
inline constexpr int kKeysWarp = 4;
inline constexpr int kValuesWarp = 5;
inline constexpr int kQueryWarp = 6;
inline constexpr int kProductsWarp = 7;
inline constexpr int kNumWarps = 8;
static_assert(32 * kNumWarps == kSm100DecodeThreads);

inline constexpr int kFirstRowBarrier = 1;  // named barriers: softmax warps 0 and 2, 1 and 3
inline constexpr int kScoreStages = 2;

// What follows from a config about its tiles. A row of a tile lies in chunks of 128 bytes, swizzled
// as the copy engine and the matrix instructions agree; the rope part may be half a chunk.
template <DecodeConfig kConfig>
struct DecodeShape {
  static constexpr int kBlocks = kConfig.cluster_size;
  static constexpr bool kIsPair = kBlocks == 2;
  static constexpr int kElementBytes = size_bytes(kConfig.dtype);
  static constexpr int kRows = kConfig.tile_rows / kBlocks;  // of the query, each block
  static constexpr int kTileKv = kConfig.tile_kv;
  static constexpr int kKeys = kTileKv / kBlocks;  // whose K a block holds
  static constexpr int kHalfKeys = kTileKv / 2;    // of a row that a softmax thread holds
  static constexpr int kChunkBytes = 128;
  static constexpr int kLatentChunks = kConfig.latent_dim * kElementBytes / kChunkBytes;
  static constexpr int kRopeBytes = kConfig.rope_dim * kElementBytes;
  static constexpr int kValueChunks = kLatentChunks / kBlocks;  // that a block holds as V
  static constexpr int kPBytes = kTileKv * kElementBytes;       // a row of probabilities
  static constexpr int kKeyStages = kElementBytes == 2 ? 2 : kIsPair ? 3 : 5;
  static constexpr int kValueStages = 2;  // of a pair; one block has V in its keys
  static constexpr int kPStages = kElementBytes == 2 && !kIsPair ? 1 : 2;
  static constexpr ptx::TensorSwizzle kRopeSwizzle =
      kRopeBytes == 128 ? ptx::TensorSwizzle::k128B : ptx::TensorSwizzle::k64B;
  static constexpr ptx::TensorSwizzle kPSwizzle =
      kPBytes == 128 ? ptx::TensorSwizzle::k128B : ptx::TensorSwizzle::k64B;
  static_assert(kRows == 64 && (kBlocks == 1 || kBlocks == 2));
  static_assert(kRopeBytes == span_bytes(kRopeSwizzle) && kPBytes == span_bytes(kPSwizzle));
};

template <DecodeConfig kConfig, int kNumRows>
struct alignas(1024) RowTile {
  using Shape = DecodeShape<kConfig>;
  using Chunk = unsigned char[kNumRows][Shape::kChunkBytes];
  Chunk latent[Shape::kLatentChunks];
  unsigned char rope[kNumRows][Shape::kRopeBytes];
};

// V of a pair's block: of all keys, the columns 256 i + 128 rank ... + 127.
template <DecodeConfig kConfig, bool kIsPair = DecodeShape<kConfig>::kIsPair>
struct ValueStages {
  using Shape = DecodeShape<kConfig>;
  struct alignas(1024) Tile {
    unsigned char chunks[Shape::kValueChunks][Shape::kTileKv][Shape::kChunkBytes];
  };
  Tile tiles[Shape::kValueStages];
};

template <DecodeConfig kConfig>
struct ValueStages<kConfig, false> {};

template <DecodeConfig kConfig>
struct DecodeStorage {
  using Shape = DecodeShape<kConfig>;

  RowTile<kConfig, Shape::kRows> query;
  RowTile<kConfig, Shape::kKeys> keys[Shape::kKeyStages];
  alignas(1024) unsigned char p[Shape::kPStages][Shape::kRows][Shape::kPBytes];
  ValueStages<kConfig> values;
  float exchange[2][2 * Shape::kRows];  // between the two threads of a row, in turns
  unsigned tensor_memory;               // address of its first column

  ptx::Barrier query_full, query_empty;
  ptx::Barrier key_full[Shape::kKeyStages], key_empty[Shape::kKeyStages];
  ptx::Barrier value_full[Shape::kValueStages], value_empty[Shape::kValueStages];
  ptx::Barrier tail_loaded;  // the last tile of a request, which is cleaned before it is announced
  ptx::Barrier scores_full[kScoreStages];
  ptx::Barrier p_full[Shape::kPStages], p_empty[Shape::kPStages];
};

template <DecodeConfig kConfig>
inline constexpr bool kFitsPlannedSmem =
    sizeof(DecodeStorage<kConfig>) <= sm100_decode_smem_bytes(kConfig);

// Tensor memory: 128 lanes of 512 columns. Row m of a block lies in lanes m and m + 64.
//
//   columns    lanes 0 .. 63                  lanes 64 .. 127
//   0 .. 127   O columns 0 .. 127             O columns 128 .. 255
//   128 .. 255 O columns 256 .. 383           O columns 384 .. 511
//   256 ...    S of the tile's first keys     S of its other half     (two stages)
inline constexpr unsigned kTensorColumns = 512;
inline constexpr unsigned kSumColumns = 256;
inline constexpr int kColumnsPerProduct = 256;  // of O that one matrix instruction computes
inline constexpr int kProductsPerTile = 2;

template <DecodeConfig kConfig>
__device__ __forceinline__ unsigned scores_address(unsigned tensor_memory, int stage) {
  return tensor_memory + kSumColumns + stage * DecodeShape<kConfig>::kHalfKeys;
}

}  // namespace mla::sm100
