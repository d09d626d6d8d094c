// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/mbarrier.cuh"
#include "device/tile/prefill_tiles.cuh"

namespace mla::sm90::prefill {

// Roles; see prefill.cuh. Warps of the load warpgroup, and the warpgroups that multiply.
inline constexpr int kKeyWarp = 0;
inline constexpr int kValueWarp = 1;
inline constexpr int kFirstTransposeWarp = 2;
inline constexpr int kTransposeWarps = 2;
inline constexpr int kLoadWarpgroup = 0;
inline constexpr int kFirstMathWarpgroup = 1;
inline constexpr int kMathBarrier = 1;  // named barrier of all that multiply

// 8-bit values are transposed for the tensor cores, which want the summed dimension innermost.
constexpr bool transposes_values(const PrefillConfig& config) {
  return size_bytes(config.dtype) == 1;
}

constexpr int num_math_warpgroups(const PrefillConfig& config) {
  return config.tile_q / 64;
}

// Values of a tile with keys innermost: 16 bytes hold 16 keys in the order 2j, 2j + 1, 8 + 2j, 8 +
// 2j + 1 for j = 0 .. 3, which is how the score accumulators hold probabilities; of 16 columns the
// even ones come first.
template <PrefillConfig kConfig>
struct alignas(1024) TransposedValues {
  static constexpr int kRowBytes = 128;
  static_assert(kConfig.tile_kv == kRowBytes);
  unsigned char columns[kConfig.d_v][kRowBytes];
};

template <PrefillConfig kConfig, bool kExists = transposes_values(kConfig)>
struct TransposedStages {
  TransposedValues<kConfig> stages[kSm90PrefillStages];
};
template <PrefillConfig kConfig>
struct TransposedStages<kConfig, false> {};

// Shared memory of the prefill kernel.
template <PrefillConfig kConfig>
struct Storage : tile::PrefillTiles<kConfig> {
  using Tiles = tile::PrefillTiles<kConfig>;
  static constexpr int kKeyStages = kSm90PrefillStages;
  static constexpr int kValueStages = kSm90PrefillStages;
  static constexpr bool kTransposes = transposes_values(kConfig);

  typename Tiles::Queries query;
  typename Tiles::Keys keys[kKeyStages];
  typename Tiles::Values values[kValueStages];  // as the copy engine brings them
  TransposedStages<kConfig> transposed;

  ptx::Barrier query_full, query_empty;
  ptx::Barrier key_full[kKeyStages], key_empty[kKeyStages];
  ptx::Barrier value_full[kValueStages], value_empty[kValueStages];    // of what the products read
  ptx::Barrier loaded_full[kValueStages], loaded_empty[kValueStages];  // of values to be transposed
};

// What the host asks of a launch (device/abi/prefill_config.h counts without these types).
template <PrefillConfig kConfig>
inline constexpr bool kFitsPlannedSmem =
    sizeof(Storage<kConfig>) <= sm90_prefill_smem_bytes(kConfig);

}  // namespace mla::sm90::prefill
