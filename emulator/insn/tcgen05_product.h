// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "emulator/insn/tcgen05_operands.h"

namespace emulator {

// Multiplies now: reads A, B and D, and writes D, for the CTAs of the group, the even one first.
void multiply(const AsyncAccess& access, std::span<Cta* const> group, const Tcgen05Mma& mma);

}  // namespace emulator
