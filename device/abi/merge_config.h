// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/element_type.h"

namespace mla {

// Everything that a merge_states kernel is compiled for.
struct MergeConfig {
  ElementType partial_dtype = ElementType::kFloat32;
  ElementType out_dtype = ElementType::kBFloat16;
  int head_dim = 512;
  int rows_per_block = 1;  // (row, head) pairs that a thread block merges at a time

  friend constexpr bool operator==(const MergeConfig&, const MergeConfig&) = default;
};

}  // namespace mla
