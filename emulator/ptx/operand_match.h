// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>

#include "emulator/ptx/instruction_table.h"
#include "emulator/ptx/module.h"

namespace emulator::ptx {

// An operand of the text beside what the table says about it.
struct MatchedOperand {
  const OperandSpec* spec = nullptr;
  const Operand* operand = nullptr;  // null: an optional operand that was left out
};

// The operands of an instruction in the order of the table, pairs taken apart.
class OperandMatch {
 public:
  // The instruction's form must have a row.
  OperandMatch(const Kernel& kernel, const Instruction& instruction);

  const std::string& problem() const { return problem_; }  // empty when every operand has its place
  const MatchedOperand* begin() const { return matched_.data(); }
  const MatchedOperand* end() const { return matched_.data() + size_; }

 private:
  void add(const OperandSpec& spec, const Operand* operand) {
    matched_[size_++] = {&spec, operand};
  }

  std::array<MatchedOperand, 16> matched_;
  size_t size_ = 0;
  std::string problem_;
};

// The type that an operand has: the one that the table gives, or the instruction's.
Type operand_type(const Form& form, const OperandSpec& spec);

inline bool is_destination(const OperandSpec& spec) {
  return spec.role == OperandRole::kDestination || spec.role == OperandRole::kPredicateDestination;
}

}  // namespace emulator::ptx
