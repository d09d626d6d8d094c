// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/memory_layout.h"

#include <algorithm>

#include "emulator/core/address_space.h"

namespace emulator {
namespace {

uint32_t align_up(uint32_t value, uint32_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

uint32_t place(const ptx::Variable& variable, uint32_t& end) {
  const uint32_t offset = align_up(end, variable.alignment);
  end = offset + static_cast<uint32_t>(variable.size_bytes);
  return offset;
}

}  // namespace

MemoryLayout::MemoryLayout(const ptx::Module& module, const ptx::Kernel& kernel, Program& program)
    : module_(module), kernel_(kernel) {
  place_parameters(program);
  place_symbols(program);
}

void MemoryLayout::place_parameters(Program& program) {
  for (const uint32_t index : kernel_.parameters) {
    const ptx::Variable& variable = module_.variables[index];
    const uint32_t offset = place(variable, program.parameter_bytes);
    offsets_[index] = offset;
    program.parameters.push_back({offset, static_cast<uint32_t>(variable.size_bytes)});
  }
}

// Dynamic shared memory follows all static variables; every .extern array starts there.
void MemoryLayout::place_symbols(Program& program) {
  program.static_shared_end = kReservedSharedBytes;
  uint32_t dynamic_alignment = 16;
  for (const ptx::Operand& operand : kernel_.operands) {
    if (operand.kind != ptx::OperandKind::kSymbol || offsets_.contains(operand.index)) continue;
    const ptx::Variable& variable = module_.variables[operand.index];
    if (variable.space == ptx::StateSpace::kLocal) {
      offsets_[operand.index] = place(variable, program.local_bytes);
    } else if (variable.space == ptx::StateSpace::kShared && variable.is_extern) {
      dynamic_alignment = std::max(dynamic_alignment, variable.alignment);
    } else if (variable.space == ptx::StateSpace::kShared) {
      offsets_[operand.index] = place(variable, program.static_shared_end);
      program.shared_variables.push_back(
          {variable.name, offsets_[operand.index], static_cast<uint32_t>(variable.size_bytes)});
    }
  }
  program.local_bytes = align_up(program.local_bytes, 16);
  program.dynamic_shared_begin = align_up(program.static_shared_end, dynamic_alignment);
  for (const ptx::Operand& operand : kernel_.operands) {
    if (operand.kind != ptx::OperandKind::kSymbol) continue;
    const ptx::Variable& variable = module_.variables[operand.index];
    const bool is_new = !offsets_.contains(operand.index);
    if (is_new && variable.space == ptx::StateSpace::kShared && variable.is_extern) {
      offsets_[operand.index] = program.dynamic_shared_begin;
      program.shared_variables.push_back({variable.name, program.dynamic_shared_begin, 0});
    }
  }
}

}  // namespace emulator
