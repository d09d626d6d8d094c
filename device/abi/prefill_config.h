// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/element_type.h"

namespace mla {

// Everything that a prefill kernel is compiled for.
struct PrefillConfig {
  ElementType dtype = ElementType::kBFloat16;      // of query, key and value
  ElementType out_dtype = ElementType::kBFloat16;  // of the result
  int d_qk = 192;
  int d_v = 128;
  int tile_q = 128;  // queries of one head per thread block
  int tile_kv = 128;
  bool is_causal = true;

  friend constexpr bool operator==(const PrefillConfig&, const PrefillConfig&) = default;
};

// The rows of a tile lie in chunks of so many elements, which the copy engine swizzles by their
// bytes. Those of values have 128 bytes.
constexpr int prefill_chunk(const PrefillConfig&) {
  return 64;
}
constexpr int prefill_value_chunk(const PrefillConfig& config) {
  return size_bytes(config.dtype) == 1 ? 128 : 64;
}

// One warpgroup loads, and one multiplies for every 64 queries.
constexpr int sm90_prefill_threads(const PrefillConfig& config) {
  return 128 * (1 + config.tile_q / 64);
}

constexpr int kSm90PrefillStages = 2;  // of keys and of values

// Dynamic shared memory: the queries, the stages, of 8-bit values as many transposed ones, and 1 KB
// for barriers.
constexpr int sm90_prefill_smem_bytes(const PrefillConfig& config) {
  const int bytes = size_bytes(config.dtype);
  const int values = config.tile_kv * config.d_v * bytes;
  const int stage = config.tile_kv * config.d_qk * bytes + (bytes == 1 ? 2 : 1) * values;
  return config.tile_q * config.d_qk * bytes + kSm90PrefillStages * stage + 1024;
}

// sm_100: a warpgroup for the softmax of every 128 queries, and one whose warps load and multiply.
constexpr int sm100_prefill_threads(const PrefillConfig& config) {
  return 128 * (1 + config.tile_q / 128);
}

// 256 queries in 16 bits leave room for one stage of values.
constexpr int sm100_prefill_key_stages(const PrefillConfig& config) {
  return size_bytes(config.dtype) == 1 ? 3 : 2;
}
constexpr int sm100_prefill_value_stages(const PrefillConfig& config) {
  return size_bytes(config.dtype) == 1 ? 3 : config.tile_q == 256 ? 1 : 2;
}

// Dynamic shared memory: the queries, the stages, and 1 KB for barriers.
constexpr int sm100_prefill_smem_bytes(const PrefillConfig& config) {
  const int rows = config.tile_q + sm100_prefill_key_stages(config) * config.tile_kv;
  const int value_rows = sm100_prefill_value_stages(config) * config.tile_kv;
  return (rows * config.d_qk + value_rows * config.d_v) * size_bytes(config.dtype) + 1024;
}

}  // namespace mla
