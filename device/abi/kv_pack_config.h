// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/element_type.h"

namespace mla {

// Everything that a kv_pack kernel is compiled for.
struct KvPackConfig {
  ElementType dtype = ElementType::kBFloat16;        // of k_nope, k_pe and v
  ElementType out_dtype = ElementType::kFloat8E4M3;  // of k_out and v_out
  int nope_dim = 128;
  int rope_dim = 64;
  int v_dim = 128;
  int vector_elements = 8;  // that a thread loads at a time; divides the three dimensions
  int heads_per_warp = 4;   // that a warp packs, of one token
  int warps_per_block = 4;

  constexpr int k_dim() const { return nope_dim + rope_dim; }
  constexpr int num_threads() const { return 32 * warps_per_block; }
  friend constexpr bool operator==(const KvPackConfig&, const KvPackConfig&) = default;
};

}  // namespace mla
