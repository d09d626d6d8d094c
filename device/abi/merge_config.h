// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/element_type.h"

namespace mla {

// Everything that a merge_states kernel is compiled for. An item is a (row, head) pair.
struct MergeConfig {
  ElementType partial_dtype = ElementType::kFloat32;
  ElementType out_dtype = ElementType::kBFloat16;
  int head_dim = 512;
  int vector_elements = 4;  // that a thread loads at a time; divides head_dim
  int lanes_per_item = 32;  // threads that share an item: a power of two
  int warps_per_block = 4;
  int partials_in_flight = 4;  // loaded before the first of them is added
  int max_partials = 8;        // room in the kernel's parameters

  constexpr int num_threads() const { return 32 * warps_per_block; }
  constexpr int items_per_block() const { return num_threads() / lanes_per_item; }
  friend constexpr bool operator==(const MergeConfig&, const MergeConfig&) = default;
};

}  // namespace mla
