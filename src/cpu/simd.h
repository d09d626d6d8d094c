// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// Included first by every file that Highway compiles once per instruction set. AVX2 and AVX-512 are
// chosen when the program runs; the instruction sets between them and plain C++ add compile time
// for processors that nobody serves models on, and those of unknown vector length have no arrays of
// vectors.
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#include <cstdint>

namespace mla::cpu {

// The widest vector in use, in float32 lanes: what row strides are rounded up to.
inline constexpr int kMaxLanes = 16;

constexpr std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace mla::cpu
