// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "tests/emulator/silicon/silicon_case.h"

namespace emulator::silicon {

bool is_float(mla::driver::CUtensorMapDataType type);

// `bytes` bytes of floating-point numbers of the type: most of moderate size, and among them zeros
// of both signs, subnormals, the largest numbers, infinities and NaN.
std::vector<uint8_t> numbers(mla::driver::CUtensorMapDataType type, size_t bytes, uint64_t seed);

}  // namespace emulator::silicon
