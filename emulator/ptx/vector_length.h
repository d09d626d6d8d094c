// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/ptx/form.h"

namespace emulator::ptx {

// How many elements the vector operand of an instruction has, as its modifiers say: .v4 of a load,
// .m64n256k16 of wgmma, .16x64b.x8 of tcgen05.ld. 0 when the modifiers do not go together.
int vector_length(const Form& form);

// How many registers hold a thread's part of a matrix operand.
inline constexpr int kMatrixRegisters = 4;

}  // namespace emulator::ptx
