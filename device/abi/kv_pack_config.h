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
  int rows_per_block = 8;  // (token, head) rows that a thread block packs at a time

  constexpr int k_dim() const { return nope_dim + rope_dim; }
  friend constexpr bool operator==(const KvPackConfig&, const KvPackConfig&) = default;
};

}  // namespace mla
