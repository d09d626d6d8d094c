// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/handlers.h"

#include <stdexcept>

#include "emulator/core/special_value.h"
#include "emulator/core/warp.h"
#include "emulator/ptx/instruction_table.h"

namespace emulator {
namespace {

using Select = Execute (*)(const Instruction&);

constexpr Select kSelect[] = {
#define SECTION(number, name)
#define INSTRUCTION(opcode, modifiers, operands, handler) handlers::handler,
#include "emulator/ptx/instructions.def"
#undef INSTRUCTION
#undef SECTION
};

template <ptx::SpecialRegister kSpecial>
Outcome read_moment(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row& row = instruction.operands[0];
  const uint64_t value = special_value(warp, kSpecial, lowest_lane(lanes));
  for_each_lane(lanes, [&](int lane) {
    if (row.is_wide) {
      warp.words<uint64_t>(row)[lane] = value;
    } else {
      warp.words<uint32_t>(row)[lane] = static_cast<uint32_t>(value);
    }
  });
  return Outcome::kNext;
}

}  // namespace

Execute select_handler(const Instruction& instruction) {
  const Execute execute = kSelect[instruction.form->row->index](instruction);
  if (!execute) throw std::logic_error("no code for " + instruction.form->text);
  return execute;
}

Execute moment_reader(ptx::SpecialRegister special) {
  using enum ptx::SpecialRegister;
  switch (special) {
    case kClock: return read_moment<kClock>;
    case kClockHi: return read_moment<kClockHi>;
    case kClock64: return read_moment<kClock64>;
    case kGlobaltimer: return read_moment<kGlobaltimer>;
    case kGlobaltimerLo: return read_moment<kGlobaltimerLo>;
    case kGlobaltimerHi: return read_moment<kGlobaltimerHi>;
    default: return nullptr;
  }
}

}  // namespace emulator
