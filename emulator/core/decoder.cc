// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/decoder.h"

#include "emulator/core/operand_rows.h"
#include "emulator/insn/handlers.h"

namespace emulator {
namespace {

using ptx::Operand;
using ptx::OperandKind;

class Decoder {
 public:
  Decoder(const ptx::Module& module, const ptx::Kernel& kernel, const AddressOf& address_of)
      : kernel_(kernel),
        program_(start_program(module, kernel)),
        rows_(module, kernel, address_of, *program_) {}

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
  static std::unique_ptr<Program> start_program(const ptx::Module& module,
                                                const ptx::Kernel& kernel) {
    auto program = std::make_unique<Program>();
    program->module = &module;
    program->kernel = &kernel;
    return program;
  }

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
      program_->rows.push_back(rows_.special_row(special));
      program_->code.push_back(read);
      ++num_moment_reads_;
    }
  }

  Instruction header(const ptx::Instruction& source) const {
    Instruction instruction;
    instruction.form = source.form;
    instruction.line = source.line;
    instruction.location = source.location;
    instruction.missing_use = ptx::missing_use(*source.form);
    if (source.guard != ptx::kNoRegister) {
      instruction.guard = rows_.predicate_number(source.guard);
      instruction.guard_flip = source.is_guard_negated ? kAllLanes : 0;
      instruction.is_guard_tracked = rows_.is_tracked(source.guard);
      instruction.is_tracked = instruction.is_guard_tracked;
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
      rows_.append(*source.form, m);
      if (is_destination(*m.spec)) {
        instruction.num_destinations = static_cast<uint8_t>(program_->rows.size() - first);
      }
    }
    instruction.num_operands = static_cast<uint8_t>(program_->rows.size() - first);
    for (size_t i = first; i < program_->rows.size(); ++i) {
      const Row& row = program_->rows[i];
      instruction.is_tracked |= row.is_tracked || row.is_asynchronous;
    }
    first_row_.push_back(first);
    program_->code.push_back(instruction);
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
  std::unique_ptr<Program> program_;
  OperandRows rows_;
  uint32_t num_moment_reads_ = 0;
  std::vector<size_t> first_row_;  // in Program::rows, of each decoded instruction
};

}  // namespace

std::unique_ptr<Program> decode(const ptx::Module& module, const ptx::Kernel& kernel,
                                const AddressOf& address_of) {
  return Decoder(module, kernel, address_of).run();
}

}  // namespace emulator
