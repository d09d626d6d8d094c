// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "emulator/ptx/type.h"

namespace emulator::ptx {

enum class SpecialRegister : uint8_t {
#define SPECIAL_REGISTER(name, enumerator, type, when) enumerator,
#include "emulator/ptx/special_registers.def"
#undef SPECIAL_REGISTER
};

// Whether a thread sees one value for its whole life, or another one at every read.
enum class KnownWhen : uint8_t { kThread, kMoment };

struct SpecialRegisterFacts {
  std::string_view name;
  Type type;
  KnownWhen known_when;
};

std::optional<SpecialRegister> special_register_from_name(std::string_view name);
const SpecialRegisterFacts& facts(SpecialRegister special);

}  // namespace emulator::ptx
