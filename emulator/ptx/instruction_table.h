// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "emulator/ptx/type.h"

namespace emulator::ptx {

// One group of a row's modifiers: "rn|rz|rm|rp?" has four alternatives and may be left out.
struct ModifierGroup {
  std::vector<std::string_view> alternatives;
  bool is_optional = false;
  bool is_type = false;
};

enum class OperandRole : uint8_t {
  kDestination,           // d, D
  kSource,                // a, b, c, m: a register, an immediate, a special register, a symbol
  kPredicateDestination,  // P
  kPredicateSource,       // p
  kAddress,               // [a]
  kLabel,                 // label
};

// What a row says about one operand; see instructions.def for how it is written.
struct OperandSpec {
  OperandRole role = OperandRole::kSource;
  bool is_optional = false;
  bool may_be_address = false;   // a/[a]: a value or, in brackets, an address
  bool is_vector = false;        // {d}: as many elements as the instruction needs
  int num_elements = 0;          // {d}*4: so many; 0 when the instruction's modifiers say it
  bool is_pair_end = false;      // the P of "d|P"
  bool is_accumulator = false;   // D: also read, and written when the operation completes
  bool is_matrix = false;        // m: a descriptor of 64 bits, or four registers of 32
  bool is_wide = false;          // twice as wide as the instruction's type
  bool has_coordinates = false;  // [a,{b}]: a tensor map and as many coordinates as the form needs
  std::optional<Type> type;      // fixed type, else the instruction's
};

// A line of the manual: an opcode, the modifiers it takes, its operands.
struct InstructionRow {
  std::string_view opcode;          // "add", "cp.async.bulk"
  std::string_view modifiers_text;  // as written in the table
  std::string_view operands_text;
  std::string_view handler;
  std::string_view section;  // of the PTX ISA
  std::string_view section_title;
  uint16_t index = 0;  // in the table
  std::vector<ModifierGroup> modifiers;
  std::vector<OperandSpec> operands;
};

// Every row of instructions.def, in its order.
std::span<const InstructionRow> instruction_table();

}  // namespace emulator::ptx
