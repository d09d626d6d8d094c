// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/decoder.h"

#include <map>

#include "emulator/core/memory_layout.h"
#include "emulator/insn/handlers.h"
#include "emulator/ptx/operand_match.h"
#include "emulator/ptx/register_allocation.h"

namespace emulator {
namespace {

using ptx::Operand;
using ptx::OperandKind;

// Predicate 0 is always true; a second one takes what is written to "_".
constexpr uint32_t kNumFixedPredicates = 2;
constexpr uint32_t kSinkPredicate = 1;
constexpr uint32_t kSinkSlots = 2;

class Decoder {
 public:
  Decoder(const ptx::Module& module, const ptx::Kernel& kernel, const AddressOf& address_of)
      : kernel_(kernel),
        address_of_(address_of),
        program_(std::make_unique<Program>()),
        layout_(module, kernel, *program_),
        allocation_(ptx::allocate_registers(kernel)) {
    program_->module = &module;
    program_->kernel = &kernel;
    sink_offset_ = allocation_.num_slots * kSlotBytes;
    program_->num_slots = allocation_.num_slots + kSinkSlots;
    program_->num_predicates = allocation_.num_predicates + kNumFixedPredicates;
  }

  std::unique_ptr<Program> run() {
    std::vector<uint32_t> code_index;  // of each PTX instruction
    for (const ptx::Instruction& source : kernel_.instructions) {
      add_moment_reads(source);
      code_index.push_back(static_cast<uint32_t>(program_->code.size()) - num_moment_reads_);
      add_instruction(source);
    }
    code_index.push_back(static_cast<uint32_t>(program_->code.size()));
    add_final_exit();
    finish(code_index);
    return std::move(program_);
  }

 private:
  // %clock and its like are read into a row just before the instruction that names them.
  void add_moment_reads(const ptx::Instruction& source) {
    num_moment_reads_ = 0;
    for (int i = 0; i < source.num_operands; ++i) {
      const Operand& operand = kernel_.operands_of(source)[i];
      if (operand.kind != OperandKind::kSpecial) continue;
      const auto special = static_cast<ptx::SpecialRegister>(operand.index);
      if (ptx::facts(special).known_when != ptx::KnownWhen::kMoment) continue;
      Instruction read = header(source);
      read.execute = moment_reader(special);
      read.num_operands = read.num_destinations = 1;
      first_row_.push_back(program_->rows.size());
      program_->rows.push_back(special_row(special));
      program_->code.push_back(read);
      ++num_moment_reads_;
    }
  }

  Instruction header(const ptx::Instruction& source) const {
    Instruction instruction;
    instruction.form = source.form;
    instruction.line = source.line;
    instruction.location = source.location;
    if (source.guard != ptx::kNoRegister) {
      instruction.guard = predicate_number(source.guard);
      instruction.guard_flip = source.is_guard_negated ? kAllLanes : 0;
    }
    return instruction;
  }

  void add_instruction(const ptx::Instruction& source) {
    Instruction instruction = header(source);
    const size_t first = program_->rows.size();
    for (const ptx::MatchedOperand& m : ptx::OperandMatch(kernel_, source)) {
      if (m.spec->role == ptx::OperandRole::kLabel) {
        instruction.target = m.operand->index;
        continue;
      }
      add_rows(*source.form, m);
      if (is_destination(*m.spec)) {
        instruction.num_destinations = static_cast<uint8_t>(program_->rows.size() - first);
      }
    }
    instruction.num_operands = static_cast<uint8_t>(program_->rows.size() - first);
    for (size_t i = first; i < program_->rows.size(); ++i) {
      instruction.is_tracked |= program_->rows[i].is_tracked;
    }
    first_row_.push_back(first);
    program_->code.push_back(instruction);
  }

  void add_rows(const ptx::Form& form, const ptx::MatchedOperand& m) {
    if (!m.operand) {
      program_->rows.emplace_back();
    } else if (m.spec->role == ptx::OperandRole::kPredicateDestination ||
               m.spec->role == ptx::OperandRole::kPredicateSource) {
      program_->rows.push_back(predicate_row(*m.operand));
    } else if (m.spec->role == ptx::OperandRole::kAddress) {
      Row row = value_row(*kernel_.children_of(*m.operand), ptx::Type::kU64);
      row.displacement += m.operand->value;
      program_->rows.push_back(row);
    } else {
      add_value_rows(ptx::operand_type(form, *m.spec), *m.operand);
    }
  }

  void add_value_rows(ptx::Type type, const Operand& operand) {
    if (operand.kind == OperandKind::kVector) {
      for (int i = 0; i < operand.num_children; ++i) {
        add_value_rows(type, kernel_.children_of(operand)[i]);
      }
      return;
    }
    Row row = value_row(operand, type);
    program_->rows.push_back(row);
    const bool has_128_bits = operand.kind == OperandKind::kRegister &&
                              kernel_.registers[operand.index].type == ptx::Type::kB128;
    if (has_128_bits) {
      row.offset += 2 * kSlotBytes;
      program_->rows.push_back(row);
    }
  }

  Row value_row(const Operand& operand, ptx::Type type) {
    const bool is_wide = ptx::size_bits(type) >= 64;
    switch (operand.kind) {
      case OperandKind::kRegister: return register_row(operand.index);
      case OperandKind::kImmediate: return constant_row(immediate_bits(operand, type), is_wide);
      case OperandKind::kSpecial:
        return special_row(static_cast<ptx::SpecialRegister>(operand.index));
      case OperandKind::kSymbol: return symbol_row(operand, is_wide);
      default: break;
    }
    Row sink;
    sink.bank = Bank::kRegisters;
    sink.offset = sink_offset_;
    sink.is_wide = is_wide;
    return sink;
  }

  Row register_row(uint32_t index) const {
    Row row;
    row.bank = Bank::kRegisters;
    row.offset = allocation_.place[index] * kSlotBytes;
    row.is_wide = ptx::size_bits(kernel_.registers[index].type) >= 64;
    row.is_tracked = allocation_.is_maybe_uninitialised[index];
    return row;
  }

  uint32_t predicate_number(uint32_t index) const {
    return allocation_.place[index] + kNumFixedPredicates;
  }

  Row predicate_row(const Operand& operand) {
    Row row;
    row.bank = Bank::kPredicates;
    row.is_negated = operand.is_negated;
    if (operand.kind == OperandKind::kRegister) {
      row.offset = predicate_number(operand.index);
      row.is_tracked = allocation_.is_maybe_uninitialised[operand.index];
    } else if (operand.kind == OperandKind::kImmediate) {
      row.is_negated ^= operand.value == 0;
    } else if (operand.kind == OperandKind::kSpecial) {
      row.offset = special_row(static_cast<ptx::SpecialRegister>(operand.index)).offset;
    } else {
      row.offset = kSinkPredicate;
    }
    return row;
  }

  static uint64_t immediate_bits(const Operand& operand, ptx::Type type) {
    const auto bits = static_cast<uint64_t>(operand.value);
    const bool narrows =
        operand.immediate == ptx::ImmediateKind::kF64Bits && ptx::size_bits(type) == 32;
    if (narrows) return std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(bits)));
    const int size = ptx::size_bits(type);
    return size >= 64 ? bits : bits & ((uint64_t{1} << size) - 1);
  }

  Row constant_row(uint64_t value, bool is_wide) {
    auto [it, is_new] = constant_rows_.try_emplace({value, is_wide});
    if (is_new) {
      std::vector<uint64_t>& constants = program_->constants;
      it->second.bank = Bank::kConstants;
      it->second.is_wide = is_wide;
      it->second.offset = static_cast<uint32_t>(constants.size() * 8);
      if (is_wide) {
        constants.insert(constants.end(), kWarpSize, value);
      } else {
        constants.insert(constants.end(), kWarpSize / 2, value << 32 | (value & 0xffffffff));
      }
    }
    return it->second;
  }

  Row symbol_row(const Operand& operand, bool is_wide) {
    const ptx::Variable& variable = program_->module->variables[operand.index];
    const auto addend = static_cast<uint64_t>(operand.value);
    switch (variable.space) {
      case ptx::StateSpace::kShared:
        return initial_row(InitialRow::Kind::kSharedAddress, {},
                           layout_.offset_of(operand.index) + static_cast<uint32_t>(addend),
                           is_wide);
      case ptx::StateSpace::kLocal:
      case ptx::StateSpace::kParam:
        return constant_row(layout_.offset_of(operand.index) + addend, is_wide);
      default: return constant_row(address_of_(operand.index) + addend, true);
    }
  }

  Row special_row(ptx::SpecialRegister special) {
    const ptx::Type type = ptx::facts(special).type;
    return initial_row(InitialRow::Kind::kSpecialRegister, special, 0, ptx::size_bits(type) == 64);
  }

  // Values that are known when the warp starts get a row of their own.
  Row initial_row(InitialRow::Kind kind, ptx::SpecialRegister special, uint32_t shared_offset,
                  bool is_wide) {
    for (const InitialRow& initial : program_->initial_rows) {
      if (initial.kind == kind && initial.special == special &&
          initial.shared_offset == shared_offset && initial.row.is_wide == is_wide) {
        return initial.row;
      }
    }
    Row row;
    row.is_wide = is_wide;
    const bool is_predicate =
        kind == InitialRow::Kind::kSpecialRegister && ptx::facts(special).type == ptx::Type::kPred;
    row.bank = is_predicate ? Bank::kPredicates : Bank::kRegisters;
    if (is_predicate) {
      row.offset = program_->num_predicates++;
    } else {
      row.offset = program_->num_slots * kSlotBytes;
      program_->num_slots += is_wide ? 2 : 1;
    }
    program_->initial_rows.push_back({kind, special, shared_offset, row});
    return row;
  }

  void add_final_exit() {
    static const std::unique_ptr<ptx::Form> exit = ptx::match_form("exit");
    Instruction instruction;
    instruction.form = exit.get();
    first_row_.push_back(program_->rows.size());
    program_->code.push_back(instruction);
  }

  // Rows and code no longer move: pointers and branch targets can be set.
  void finish(const std::vector<uint32_t>& code_index) {
    for (size_t i = 0; i < program_->code.size(); ++i) {
      Instruction& instruction = program_->code[i];
      instruction.operands = program_->rows.data() + first_row_[i];
      if (instruction.execute) continue;
      instruction.target = code_index[instruction.target];
      instruction.execute = select_handler(instruction);
    }
  }

  const ptx::Kernel& kernel_;
  const AddressOf& address_of_;
  std::unique_ptr<Program> program_;
  MemoryLayout layout_;
  ptx::RegisterAllocation allocation_;
  uint32_t sink_offset_ = 0;
  uint32_t num_moment_reads_ = 0;
  std::vector<size_t> first_row_;  // in Program::rows, of each decoded instruction
  std::map<std::pair<uint64_t, bool>, Row> constant_rows_;
};

}  // namespace

std::unique_ptr<Program> decode(const ptx::Module& module, const ptx::Kernel& kernel,
                                const AddressOf& address_of) {
  return Decoder(module, kernel, address_of).run();
}

}  // namespace emulator
