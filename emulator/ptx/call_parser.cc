// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// Calls of functions. A function becomes part of its caller: its body is parsed again at each call,
// with the caller's variables under the names of its parameters. So there is no stack; parameters
// lie in local memory, as the calling convention of GPUs has it.
#include <string>

#include "emulator/ptx/body_parser.h"

namespace emulator::ptx {
namespace {

// No name of a program looks like this.
constexpr std::string_view kReturnLabel = "<return>";

// Functions that the emulator itself has, and the instruction that stands for each.
std::string_view find_library_call(std::string_view name) {
  if (name == "vprintf") return "call.vprintf";
  if (name == "__assertfail") return "call.__assertfail";
  return {};
}

}  // namespace

// call{.uni} (results), function, (parameters);
void BodyParser::parse_call(const Instruction& header) {
  std::vector<uint32_t> arguments;
  if (tokens_.is('(')) {
    arguments = parse_arguments();
    tokens_.expect(',');
  }
  const size_t num_results = arguments.size();
  const std::string name(tokens_.expect_identifier());
  const auto function = functions_.find(name);
  if (function == functions_.end()) tokens_.fail("a call of '" + name + "', which is no function");
  if (tokens_.accept(',')) {
    for (const uint32_t argument : parse_arguments()) arguments.push_back(argument);
  }
  tokens_.expect(';');
  const Function& callee = function->second;
  if (arguments.size() != callee.parameters.size() || num_results != callee.num_results) {
    tokens_.fail("a call of '" + name + "' with other parameters than it has");
  }
  if (callee.body) return insert_function(header, callee, arguments);
  const std::string_view library_call = find_library_call(name);
  if (library_call.empty()) tokens_.fail("a call of '" + name + "', which has no body");
  add_library_call(header, library_call, arguments);
}

std::vector<uint32_t> BodyParser::parse_arguments() {
  std::vector<uint32_t> variables;
  tokens_.expect('(');
  while (!tokens_.accept(')')) {
    const std::string_view name = tokens_.expect_identifier();
    const auto named = scopes_.find(name);
    if (!named || named->kind != Named::Kind::kVariable) {
      tokens_.fail("no variable '" + std::string(name) + "' in .param");
    }
    variables.push_back(named->index);
    if (!tokens_.is(')')) tokens_.expect(',');
  }
  return variables;
}

void BodyParser::insert_function(const Instruction& header, const Function& function,
                                 const std::vector<uint32_t>& arguments) {
  constexpr int kMaxDepth = 32;
  if (call_depth_ == kMaxDepth) {
    tokens_.fail("calls of '" + std::string(function.name) + "' go too deep, or it calls itself");
  }
  // Functions that call each other twice and more would grow without end.
  constexpr int kMaxCalls = 1 << 12;
  if (++num_inserted_calls_ > kMaxCalls) {
    tokens_.fail("more than " + std::to_string(kMaxCalls) + " calls");
  }
  const size_t return_position = tokens_.position();
  scopes_.enter();
  for (size_t i = 0; i < arguments.size(); ++i) declare({function.parameters[i], arguments[i]});
  if (header.guard != kNoRegister) {
    Instruction skip = header;
    skip.is_guard_negated = !header.is_guard_negated;
    add_return(skip);
  }
  ++call_depth_;
  tokens_.seek(*function.body);
  parse_block();
  --call_depth_;
  tokens_.seek(return_position);
  scopes_.declare_label(kReturnLabel, static_cast<uint32_t>(kernel_.instructions.size()));
  scopes_.leave();
}

void BodyParser::add_return(Instruction instruction) {
  instruction.form = form_of("bra");
  Operand label;
  label.kind = OperandKind::kLabel;
  label_names_ = {kReturnLabel};
  add_instruction(instruction, {label});
}

void BodyParser::add_library_call(Instruction instruction, std::string_view form,
                                  const std::vector<uint32_t>& arguments) {
  instruction.form = form_of(form);
  std::vector<Operand> operands;
  for (const uint32_t argument : arguments) {
    Operand operand;
    operand.kind = OperandKind::kSymbol;
    operand.index = argument;
    operands.push_back(operand);
  }
  label_names_.clear();
  add_instruction(instruction, operands);
}

// Parameters of calls lie in local memory; those of the kernel stay where they are.
std::string BodyParser::call_parameter_form(std::string_view text, const Operand* address) const {
  const size_t space = text.find(".param");
  const bool is_access = text.starts_with("ld.") || text.starts_with("st.");
  if (!is_access || space == std::string_view::npos) return {};
  if (text.starts_with("ld.")) {
    if (!address || address->kind != OperandKind::kAddress) return {};
    const Operand& base = *kernel_.children_of(*address);
    const bool is_local = base.kind == OperandKind::kSymbol &&
                          module_.variables[base.index].space == StateSpace::kLocal;
    if (!is_local) return {};
  }
  std::string form(text);
  return form.replace(space, text.find('.', space + 1) - space, ".local");
}

}  // namespace emulator::ptx
