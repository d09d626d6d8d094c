// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "emulator/ptx/special_register.h"

namespace emulator {

class Warp;

// What a lane reads from a special register now.
uint64_t special_value(const Warp& warp, ptx::SpecialRegister special, int lane);

}  // namespace emulator
