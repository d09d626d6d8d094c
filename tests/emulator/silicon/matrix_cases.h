// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tests/emulator/silicon/silicon_case.h"
#include "tests/emulator/silicon/wgmma_kernel.h"

namespace emulator::silicon {

// Every shape, type, operand place, layout and kind of number that wgmma has.
std::vector<WgmmaCase> wgmma_products();
std::vector<SiliconCase> wgmma_cases();
SiliconCase silicon_case_of(const WgmmaCase& c);
// Every shape, pair of types, operand place and swizzle that wgmma has for integers.
std::vector<WgmmaCase> integer_wgmma_products();
std::vector<SiliconCase> integer_wgmma_cases();
// Every form of mma.sync, with every kind of number.
std::vector<SiliconCase> warp_mma_cases();
// Matrices between shared memory and registers.
std::vector<SiliconCase> matrix_load_cases();
// Conversions of every bit pattern.
std::vector<SiliconCase> conversion_cases();

}  // namespace emulator::silicon
