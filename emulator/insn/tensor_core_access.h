// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/cta.h"

namespace emulator {

// For warp-wide tcgen05 instructions: kNext when all 32 lanes are here, else what the instruction
// has to return. Reports lanes that have ended or are predicated off.
Outcome gather_tensor_warp(Warp& warp, const Instruction& instruction, LaneMask lanes);

// The value of an operand that must be the same in all lanes.
uint32_t read_uniform(Warp& warp, const Instruction& instruction, const Row& row, LaneMask lanes);

// Reports an instruction that names another .cta_group than those before it in its CTA.
void use_cta_group(Warp& warp, const Instruction& instruction, int cta_group);

// The other CTA of the pair (ISA 9.7.16.5.2); reports that there is none.
Cta& peer_of(Warp& warp, const Instruction& instruction);

// Reports a tcgen05.mma or tcgen05.cp that writes the range, or for writers also one that reads it,
// when no thread has waited for a tcgen05.commit behind it.
void check_operations(const Warp& warp, const Instruction& instruction,
                      const TensorMemoryRange& range, bool is_write);

// Reports columns that cannot be freed because something under way still uses them.
void check_idle(Warp& warp, const Instruction& instruction, uint32_t column, uint32_t num_columns);

// Reports columns that do not exist or are not allocated.
void check_allocated(const Warp& warp, const Instruction& instruction, const Cta& cta,
                     uint32_t column, uint32_t num_columns);

}  // namespace emulator
