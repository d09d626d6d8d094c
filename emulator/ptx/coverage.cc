// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/coverage.h"

#include "emulator/ptx/instruction_table.h"

namespace emulator::ptx {
namespace {

// A bar would end a table cell.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string coverage_markdown() {
  std::string page;
  std::string_view section;
  for (const InstructionRow& row : instruction_table()) {
    if (row.section_title != section) {
      section = row.section_title;
      page += "\n### " + std::string(section) + " (ISA " + std::string(row.section) + ")\n\n";
      page += "| instruction | modifiers | operands |\n|---|---|---|\n";
    }
    page += "| `" + std::string(row.opcode) + "` | " + escaped(row.modifiers_text) + " | " +
            escaped(row.operands_text) + " |\n";
  }
  return page;
}

}  // namespace emulator::ptx
