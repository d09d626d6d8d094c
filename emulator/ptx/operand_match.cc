// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/operand_match.h"

namespace emulator::ptx {
namespace {

Type widen(Type type) {
  switch (type) {
    case Type::kU16: return Type::kU32;
    case Type::kS16: return Type::kS32;
    case Type::kU32: return Type::kU64;
    case Type::kS32: return Type::kS64;
    default: return type;
  }
}

bool is_left_out(const OperandSpec& spec, const Operand& written) {
  return spec.is_optional && spec.is_vector && written.kind != OperandKind::kVector;
}

}  // namespace

OperandMatch::OperandMatch(const Kernel& kernel, const Instruction& instruction) {
  const std::vector<OperandSpec>& specs = instruction.form->row->operands;
  const Operand* operands = kernel.operands_of(instruction);
  size_t next = 0;
  for (size_t i = 0; i < specs.size(); ++i) {
    const bool is_pair = i + 1 < specs.size() && specs[i + 1].is_pair_end;
    const bool is_last_group = i + (is_pair ? 2 : 1) == specs.size();
    // A left-out optional operand is the last one written, or a vector where none is written.
    const bool is_missing =
        next >= instruction.num_operands || is_left_out(specs[i], operands[next]);
    if (is_missing && !specs[i].is_optional) {
      problem_ = "too few operands";
      return;
    }
    const Operand* operand = is_missing ? nullptr : &operands[next++];
    if (is_pair) {
      const bool is_written_pair = operand && operand->kind == OperandKind::kPair;
      if (!is_written_pair && !specs[i + 1].is_optional) problem_ = "expected a pair a|b";
      add(specs[i], is_written_pair ? kernel.children_of(*operand) : operand);
      add(specs[i + 1], is_written_pair ? kernel.children_of(*operand) + 1 : nullptr);
      ++i;
    } else {
      add(specs[i], operand);
    }
    if (is_last_group && next < instruction.num_operands) problem_ = "too many operands";
  }
  if (specs.empty() && instruction.num_operands > 0) problem_ = "too many operands";
}

Type operand_type(const Form& form, const OperandSpec& spec) {
  if (spec.type) return *spec.type;
  if (spec.is_wide) return widen(form.type());
  return is_destination(spec) ? form.type() : form.source_type();
}

}  // namespace emulator::ptx
