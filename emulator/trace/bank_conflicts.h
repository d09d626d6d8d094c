// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "emulator/core/lanes.h"

namespace emulator::trace {

using LaneAddresses = std::array<uint64_t, kWarpSize>;

struct Wavefronts {
  uint32_t needed = 0;  // passes over the 32 banks of 4 bytes
  uint32_t ideal = 0;   // the least for so many different bytes
};

// How many passes an access of `size` bytes per lane to shared memory takes. Lanes that read one
// word share it. Accesses of 8 bytes go by half warps and of 16 by quarters, as measured by others
// on hardware; how hardware merges neighbours across these parts is not modelled.
Wavefronts count_wavefronts(const LaneAddresses& addresses, LaneMask lanes, uint32_t size);

// How many different 32-byte sectors the lanes touch.
uint32_t count_sectors(const LaneAddresses& addresses, LaneMask lanes, uint32_t size);

}  // namespace emulator::trace
