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

}  // namespace mla
