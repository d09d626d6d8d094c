// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/mbarrier.cuh"
#include "device/tile/prefill_tiles.cuh"

namespace mla::sm100::prefill {

inline constexpr int kHalfRows =
    128;  // queries of a softmax warpgroup, and of a matrix instruction
inline constexpr int kWarpgroupThreads = 128;

constexpr int num_halves(const PrefillConfig& config) {
  return config.tile_q / kHalfRows;
}

// Warps of the last warpgroup; see prefill.cuh.
inline constexpr int kKeysWarp = 0;
inline constexpr int kValuesWarp = 1;
inline constexpr int kProductsWarp = 2;

// Probabilities of 8-bit inputs are e4m3, whatever the inputs.
constexpr ElementType probability_type(const PrefillConfig& config) {
  return size_bytes(config.dtype) == 1 ? ElementType::kFloat8E4M3 : config.dtype;
}

// Shared memory of the prefill kernel.
template <PrefillConfig kConfig>
struct Storage : tile::PrefillTiles<kConfig> {
  using Tiles = tile::PrefillTiles<kConfig>;
  static constexpr int kHalves = num_halves(kConfig);
  static constexpr int kKeyStages = sm100_prefill_key_stages(kConfig);
  static constexpr int kValueStages = sm100_prefill_value_stages(kConfig);

  typename Tiles::Queries query;
  typename Tiles::Keys keys[kKeyStages];
  typename Tiles::Values values[kValueStages];
  unsigned tensor_memory;  // address of its first column

  ptx::Barrier query_full, query_empty;
  ptx::Barrier key_full[kKeyStages], key_empty[kKeyStages];
  ptx::Barrier value_full[kValueStages], value_empty[kValueStages];
  ptx::Barrier tail_loaded;  // a request's last values, which are cleaned before they are announced
  ptx::Barrier scores_full[kHalves], p_full[kHalves], sums_full[kHalves];
};

template <PrefillConfig kConfig>
inline constexpr bool kFitsPlannedSmem =
    sizeof(Storage<kConfig>) <= sm100_prefill_smem_bytes(kConfig);

// Tensor memory: a row of a half in a lane. Of a half's 256 columns the first 128 are its scores,
// in whose place its probabilities lie then, and the others its sums.
inline constexpr unsigned kHalfColumns = 256;
inline constexpr unsigned kSumsColumn = 128;

template <PrefillConfig kConfig>
inline constexpr unsigned kTensorColumns = kHalfColumns * num_halves(kConfig);

}  // namespace mla::sm100::prefill
