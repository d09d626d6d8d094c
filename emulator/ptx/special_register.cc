// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/special_register.h"

#include <iterator>

namespace emulator::ptx {
namespace {

constexpr SpecialRegisterFacts kSpecialRegisters[] = {
#define SPECIAL_REGISTER(name, enumerator, type, when) {name, Type::type, KnownWhen::when},
#include "emulator/ptx/special_registers.def"
#undef SPECIAL_REGISTER
};

}  // namespace

std::optional<SpecialRegister> special_register_from_name(std::string_view name) {
  for (size_t i = 0; i < std::size(kSpecialRegisters); ++i) {
    if (kSpecialRegisters[i].name == name) return static_cast<SpecialRegister>(i);
  }
  return std::nullopt;
}

const SpecialRegisterFacts& facts(SpecialRegister special) {
  return kSpecialRegisters[static_cast<size_t>(special)];
}

}  // namespace emulator::ptx
