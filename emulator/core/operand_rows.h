// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <utility>

#include "emulator/core/decoder.h"
#include "emulator/core/memory_layout.h"
#include "emulator/ptx/operand_match.h"
#include "emulator/ptx/register_allocation.h"

namespace emulator {

// Finds the row of every operand of a kernel. Constants and values that a warp starts with get rows
// of their own, once each.
class OperandRows {
 public:
  OperandRows(const ptx::Module& module, const ptx::Kernel& kernel, const AddressOf& address_of,
              Program& program);

  // Appends the rows of one operand to Program::rows: one, or as many as a vector, a wide register
  // or an address of several parts needs.
  void append(const ptx::Form& form, const ptx::MatchedOperand& matched);

  Row special_row(ptx::SpecialRegister special);
  bool is_tracked(uint32_t register_index) const {
    return allocation_.is_maybe_missing[register_index];
  }
  uint32_t predicate_number(uint32_t register_index) const;

 private:
  void append_address(const ptx::Operand& operand);
  void append_matrix(const ptx::Operand& operand);
  void append_values(ptx::Type type, const ptx::Operand& operand);
  Row value_row(const ptx::Operand& operand, ptx::Type type);
  Row register_row(uint32_t index) const;
  Row predicate_row(const ptx::Operand& operand);
  Row constant_row(uint64_t value, bool is_wide);
  Row symbol_row(const ptx::Operand& operand, bool is_wide);
  Row initial_row(InitialRow::Kind kind, ptx::SpecialRegister special, uint32_t shared_offset,
                  bool is_wide);

  const ptx::Kernel& kernel_;
  const AddressOf& address_of_;
  Program& program_;
  MemoryLayout layout_;
  ptx::RegisterAllocation allocation_;
  uint32_t sink_offset_;
  std::map<std::pair<uint64_t, bool>, Row> constant_rows_;
};

}  // namespace emulator
