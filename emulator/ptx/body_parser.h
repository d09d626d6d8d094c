// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "emulator/ptx/function.h"
#include "emulator/ptx/module.h"
#include "emulator/ptx/scope.h"
#include "emulator/ptx/token_stream.h"
#include "emulator/ptx/variable_parser.h"

namespace emulator::ptx {

// Parses one kernel: its header and its statements. A statement that is wrong becomes a diagnostic,
// and parsing goes on behind it.
class BodyParser {
 public:
  BodyParser(TokenStream& tokens, Module& module, Kernel& kernel, const FunctionTable& functions,
             std::vector<Diagnostic>& diagnostics);

  void declare(const Declaration& declaration);  // in the current scope
  void run();

 private:
  struct PendingLabel {
    uint32_t operand = 0;
    std::string_view name;
    int scope = 0;
    int line = 0;
  };

  void parse_header();
  void parse_header_directive();
  void parse_block();  // { ... }
  void parse_statement();
  void parse_body_directive();
  void parse_registers();
  void parse_location();
  void parse_instruction();
  std::vector<Operand> parse_operands(bool is_branch);
  void parse_guard(Instruction& instruction);
  void add_instruction(Instruction instruction, const std::vector<Operand>& operands);
  const Form* form_of(std::string_view text);
  void resolve_labels();

  // Each takes the guard and the place from the instruction.
  void parse_call(const Instruction& header);
  void insert_function(const Instruction& header, const Function& function,
                       const std::vector<uint32_t>& arguments);
  void add_return(Instruction instruction);
  void add_library_call(Instruction instruction, std::string_view form,
                        const std::vector<uint32_t>& arguments);
  std::vector<uint32_t> parse_arguments();  // indices into Module::variables
  // The access to local memory that "ld.param" or "st.param" is, or nothing.
  std::string call_parameter_form(std::string_view text, const Operand* address) const;

  // Each appends children to Kernel::operands first and returns the operand itself.
  Operand parse_operand(bool is_label);
  Operand parse_single(bool is_label);
  Operand parse_name(bool is_label);
  Operand parse_scalar();
  Operand parse_vector();
  Operand parse_address();
  Operand with_children(OperandKind kind, const std::vector<Operand>& children);

  TokenStream& tokens_;
  Module& module_;
  Kernel& kernel_;
  const FunctionTable& functions_;
  std::vector<Diagnostic>& diagnostics_;
  int call_depth_ = 0;
  int num_inserted_calls_ = 0;  // of functions around the statement
  ScopeTree scopes_;
  std::vector<PendingLabel> pending_labels_;
  std::vector<std::string_view> label_names_;  // of the label operands of one instruction
  uint32_t location_ = 0;
};

}  // namespace emulator::ptx
