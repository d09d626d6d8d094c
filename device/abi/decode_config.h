// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/element_type.h"

namespace mla {

// Everything that a decode kernel is compiled for; what may vary from call to call (mask, strides,
// lengths, scales, context parallel) is a run-time parameter, so that few kernels serve all calls.
struct DecodeConfig {
  ElementType dtype = ElementType::kBFloat16;  // of query and cache
  int latent_dim = 512;                        // columns of a cache row that are value and key
  int rope_dim = 64;                           // columns that are key alone
  int page_size = 64;                          // keys per page of the cache
  int tile_rows = 64;          // (token, head) rows that the matrix instructions take
  int tile_kv = 64;            // keys per tile
  int cluster_size = 1;        // thread blocks that share a row tile
  bool loads_maximum = false;  // loads of scores give the largest as well (sm_103)
  int score_groups = 1;        // warpgroups that take turns at the scores of key tiles

  constexpr int qk_dim() const { return latent_dim + rope_dim; }
  friend constexpr bool operator==(const DecodeConfig&, const DecodeConfig&) = default;
};

// Dynamic shared memory of the sm_90 FP8 kernel: the query, five key tiles, and 3 KB for sums and
// barriers.
constexpr int sm90_decode_fp8_smem_bytes(const DecodeConfig& config) {
  return 6 * 64 * config.qk_dim() + 3 * 1024;
}

// Dynamic shared memory of the sm_90 kernels for 16-bit elements: the query and two key tiles, the
// probabilities, and 3 KB for sums and barriers.
constexpr int sm90_decode_f16_smem_bytes(const DecodeConfig& config) {
  return 3 * 2 * 64 * config.qk_dim() + 2 * 64 * config.tile_kv + 3 * 1024;
}

constexpr int sm90_decode_smem_bytes(const DecodeConfig& config) {
  return size_bytes(config.dtype) == 1 ? sm90_decode_fp8_smem_bytes(config)
                                       : sm90_decode_f16_smem_bytes(config);
}

// Whether pages hold too few keys for a box of the copy engine: then warps copy key by key.
constexpr bool gathers_keys(const DecodeConfig& config) {
  return config.page_size < 8;
}

// Where warpgroups take turns at the scores they have the value product too.
constexpr int sm90_decode_threads(const DecodeConfig& config) {
  return (config.score_groups == 1 ? 4 : 3) * 128;
}
inline constexpr int kSm100DecodeThreads = 256;
inline constexpr int kDecodeMergeThreads = 512;

// Dynamic shared memory of the sm_100 kernel: query, keys, values and probabilities fill 224 KB for
// every type and cluster; 2 KB for barriers and what threads of a row exchange.
constexpr int sm100_decode_smem_bytes(const DecodeConfig&) {
  return 226 * 1024;
}

// float16 has the range of partial results of FP8 values, not of all 16-bit ones.
constexpr bool has_partial_exponents(const DecodeConfig& config) {
  return size_bytes(config.dtype) == 2;
}

// Everything that the kernel which joins decode's partial results is compiled for.
struct DecodeMergeConfig {
  ElementType out_dtype = ElementType::kBFloat16;
  int latent_dim = 512;
  int tile_kv = 64;            // of the kernel that left the partial results
  bool has_exponents = false;  // partial results are float16 times 2^exponent

  friend constexpr bool operator==(const DecodeMergeConfig&, const DecodeMergeConfig&) = default;
};

}  // namespace mla
