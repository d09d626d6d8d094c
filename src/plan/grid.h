// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

namespace mla {

// Thread blocks of a launch. All grids of this library are one-dimensional: y and z end at 65535.
struct Grid {
  std::int64_t x = 1;

  friend bool operator==(const Grid&, const Grid&) = default;
};

inline constexpr std::int64_t kMaxGridX = 2'147'483'647;

constexpr std::int64_t ceil_div(std::int64_t dividend, std::int64_t divisor) {
  return (dividend + divisor - 1) / divisor;
}

// Blocks for `num_items` pieces of work that blocks take in turns, `max_blocks` at most.
constexpr Grid strided_grid(std::int64_t num_items, std::int64_t max_blocks) {
  return {std::clamp<std::int64_t>(num_items, 1, std::min(max_blocks, kMaxGridX))};
}

}  // namespace mla
