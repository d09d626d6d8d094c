// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>

namespace emulator {

inline constexpr int kWarpSize = 32;

// Bit l stands for lane l of a warp.
using LaneMask = uint32_t;
inline constexpr LaneMask kAllLanes = 0xffffffff;

inline bool has_lane(LaneMask lanes, int lane) {
  return (lanes >> lane) & 1;
}
inline int lowest_lane(LaneMask lanes) {
  return std::countr_zero(lanes);
}
inline int num_lanes(LaneMask lanes) {
  return std::popcount(lanes);
}

// Calls visit(lane) for each lane of the mask, lowest first.
template <typename Visit>
void for_each_lane(LaneMask lanes, Visit&& visit) {
  for (; lanes != 0; lanes &= lanes - 1) visit(lowest_lane(lanes));
}

}  // namespace emulator
