// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/instruction_table.h"

#include "emulator/ptx/words.h"

namespace emulator::ptx {
namespace {

ModifierGroup parse_group(std::string_view text) {
  ModifierGroup group;
  if (text.ends_with('?')) {
    group.is_optional = true;
    text.remove_suffix(1);
  }
  group.alternatives = split(text, '|');
  group.is_type = type_from_name(group.alternatives.front()).has_value();
  return group;
}

// One operand: "d", "{d}", "{d}*4", "[a]", "[a,{b}]", "a/[a]", "p", "P", "label", each with ":type"
// or
// ":wide" and "?".
OperandSpec parse_operand(std::string_view text) {
  OperandSpec spec;
  if (text.ends_with('?')) {
    spec.is_optional = true;
    text.remove_suffix(1);
  }
  if (text.ends_with("/[a]")) {
    spec.may_be_address = true;
    text.remove_suffix(4);
  }
  if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view type = text.substr(colon + 1);
    spec.is_wide = type == "wide";
    if (!spec.is_wide) spec.type = type_from_name(type);
    text = text.substr(0, colon);
  }
  if (const size_t star = text.find('*'); star != std::string_view::npos) {
    spec.num_elements = text[star + 1] - '0';
    text = text.substr(0, star);
  }
  if (text.starts_with('{')) {
    spec.is_vector = true;
    text = text.substr(1, text.size() - 2);
  }
  if (text == "label") {
    spec.role = OperandRole::kLabel;
  } else if (text.starts_with('[')) {
    spec.role = OperandRole::kAddress;
    spec.has_coordinates = text.ends_with("}]");
  } else if (text == "p") {
    spec.role = OperandRole::kPredicateSource;
  } else if (text == "P") {
    spec.role = OperandRole::kPredicateDestination;
  } else if (text == "d" || text == "D") {
    spec.role = OperandRole::kDestination;
    spec.is_accumulator = text == "D";
  } else if (text == "m") {
    spec.is_matrix = true;
  }
  return spec;
}

std::vector<OperandSpec> parse_operands(std::string_view text) {
  std::vector<OperandSpec> specs;
  for (std::string_view word : split_blanks(text)) {
    if (word.ends_with(',')) word.remove_suffix(1);
    const size_t bar = word.find('|');
    specs.push_back(parse_operand(word.substr(0, bar)));
    if (bar == std::string_view::npos) continue;
    specs.push_back(parse_operand(word.substr(bar + 1)));
    specs.back().is_pair_end = true;
  }
  return specs;
}

std::vector<InstructionRow> build_table() {
  std::vector<InstructionRow> table;
  std::string_view section;
  std::string_view title;
  const auto add = [&](std::string_view opcode, std::string_view modifiers,
                       std::string_view operands, std::string_view handler) {
    InstructionRow row{
        opcode, modifiers, operands, handler, section, title, static_cast<uint16_t>(table.size()),
        {},     {}};
    for (std::string_view word : split_blanks(modifiers))
      row.modifiers.push_back(parse_group(word));
    row.operands = parse_operands(operands);
    table.push_back(std::move(row));
  };
#define SECTION(number, name) section = number, title = name;
#define INSTRUCTION(opcode, modifiers, operands, handler) \
  add(opcode, modifiers, operands, #handler);
#include "emulator/ptx/instructions.def"
#undef INSTRUCTION
#undef SECTION
  return table;
}

}  // namespace

std::span<const InstructionRow> instruction_table() {
  static const std::vector<InstructionRow> table = build_table();
  return table;
}

}  // namespace emulator::ptx
