// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/handlers.h"

#include <gtest/gtest.h>

#include "emulator/ptx/instruction_table.h"

namespace emulator {
namespace {

// The row's opcode with the first alternative of each required group; group `varied` takes the
// given alternative instead.
std::string form_text(const ptx::InstructionRow& row, size_t varied, std::string_view alternative) {
  std::string text(row.opcode);
  for (size_t i = 0; i < row.modifiers.size(); ++i) {
    const ptx::ModifierGroup& group = row.modifiers[i];
    if (i != varied && group.is_optional) continue;
    text.append(1, '.').append(i == varied ? alternative : group.alternatives.front());
  }
  return text;
}

std::vector<std::string> sample_forms(const ptx::InstructionRow& row) {
  std::vector<std::string> forms{form_text(row, row.modifiers.size(), {})};
  for (size_t varied = 0; varied < row.modifiers.size(); ++varied) {
    for (const std::string_view alternative : row.modifiers[varied].alternatives) {
      forms.push_back(form_text(row, varied, alternative));
    }
  }
  return forms;
}

TEST(Handlers, EveryFormOfTheTableHasCode) {
  for (const ptx::InstructionRow& row : ptx::instruction_table()) {
    for (const std::string& text : sample_forms(row)) {
      const auto form = ptx::match_form(text);
      ASSERT_NE(form->row, nullptr) << text << ": " << form->problem;
      Instruction instruction;
      instruction.form = form.get();
      instruction.num_operands = 2;
      instruction.num_destinations = 1;
      EXPECT_NO_THROW(EXPECT_NE(select_handler(instruction), nullptr)) << text;
    }
  }
}

}  // namespace
}  // namespace emulator
