// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace emulator {

// Shared addresses have 32 bits: the rank of the CTA in its cluster, then an offset into its
// memory.
inline constexpr int kSharedRankShift = 24;
inline constexpr uint32_t kSharedOffsetMask = (1u << kSharedRankShift) - 1;

// The driver keeps the first bytes of every CTA's shared memory, as on sm_90 and later.
inline constexpr uint32_t kReservedSharedBytes = 1024;

// Generic addresses of the other spaces lie far above any host pointer; global ones are host
// pointers. The low 32 bits of a window are zero, so that truncating a generic shared address gives
// the shared address.
inline constexpr uint64_t kWindowBytes = uint64_t{1} << 32;
inline constexpr uint64_t kSharedWindow = uint64_t{0x0100} << 48;
inline constexpr uint64_t kLocalWindow = uint64_t{0x0200} << 48;
inline constexpr uint64_t kParamWindow = uint64_t{0x0300} << 48;

inline bool is_in_window(uint64_t address, uint64_t window) {
  return address - window < kWindowBytes;
}
inline bool is_global_address(uint64_t address) {
  return address < kSharedWindow;
}

}  // namespace emulator
