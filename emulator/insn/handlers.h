// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/program.h"

namespace emulator {

// The function that runs a decoded instruction, picked by the handler of its table row.
Execute select_handler(const Instruction& instruction);

// The function that refreshes a row holding a special register such as %clock.
Execute moment_reader(ptx::SpecialRegister special);

// One function per handler of instructions.def. It looks at the instruction's form and returns the
// code for its types and modifiers, or null when there is none.
namespace handlers {
#define SECTION(number, name)
#define INSTRUCTION(opcode, modifiers, operands, handler) \
  Execute handler(const Instruction& instruction);
#include "emulator/ptx/instructions.def"
#undef INSTRUCTION
#undef SECTION
}  // namespace handlers

}  // namespace emulator
