// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/body_parser.h"

#include "emulator/ptx/instruction_table.h"

namespace emulator::ptx {

BodyParser::BodyParser(TokenStream& tokens, Module& module, Kernel& kernel,
                       const FunctionTable& functions, std::vector<Diagnostic>& diagnostics)
    : tokens_(tokens),
      module_(module),
      kernel_(kernel),
      functions_(functions),
      diagnostics_(diagnostics) {}

void BodyParser::declare(const Declaration& declaration) {
  scopes_.declare(declaration.name, {Named::Kind::kVariable, declaration.variable});
}

void BodyParser::run() {
  parse_header();
  parse_block();
  if (scopes_.depth() > 0) tokens_.fail("kernel '" + kernel_.name + "' has no closing brace");
  resolve_labels();
}

void BodyParser::parse_block() {
  const int depth = scopes_.depth();
  tokens_.expect('{');
  scopes_.enter();
  while (scopes_.depth() > depth && !tokens_.at_end()) {
    try {
      parse_statement();
    } catch (const SyntaxError& error) {
      diagnostics_.push_back({error.line, {}, error.message});
      tokens_.skip_past(';');
    }
  }
}

void BodyParser::parse_header() {
  kernel_.line = tokens_.next().line;
  kernel_.name = std::string(tokens_.expect_identifier());
  if (tokens_.accept('(')) {
    while (!tokens_.accept(')')) {
      const Declaration parameter = parse_parameter(tokens_, module_);
      declare(parameter);
      kernel_.parameters.push_back(parameter.variable);
      if (!tokens_.is(')')) tokens_.expect(',');
    }
  }
  while (tokens_.peek().kind == TokenKind::kDirective) parse_header_directive();
}

void BodyParser::parse_header_directive() {
  const std::string_view word = tokens_.next().text;
  Dim3 dims{0, 1, 1};
  uint32_t* const values[3] = {&dims.x, &dims.y, &dims.z};
  for (int i = 0; i < 3 && tokens_.peek().kind == TokenKind::kNumber; ++i) {
    *values[i] = static_cast<uint32_t>(tokens_.expect_integer());
    if (!tokens_.accept(',')) break;
  }
  if (word == ".maxntid") kernel_.max_threads = dims;
  if (word == ".maxnreg") kernel_.max_registers = dims.x;
  if (word == ".reqntid") kernel_.required_threads = dims;
  if (word == ".reqnctapercluster") kernel_.required_cluster = dims;
  if (word == ".pragma") tokens_.skip_past(';');
}

void BodyParser::parse_statement() {
  if (tokens_.accept('{')) return scopes_.enter();
  if (tokens_.accept('}')) return scopes_.leave();
  if (tokens_.accept(';')) return;
  const Token& token = tokens_.peek();
  if (token.kind == TokenKind::kDirective) return parse_body_directive();
  const Token& after = tokens_.peek(1);
  if (token.kind == TokenKind::kIdentifier && after.kind == TokenKind::kPunctuation &&
      after.text == ":") {
    scopes_.declare_label(token.text, static_cast<uint32_t>(kernel_.instructions.size()));
    tokens_.next();
    tokens_.next();
    return;
  }
  parse_instruction();
}

void BodyParser::parse_body_directive() {
  if (tokens_.is_directive(".reg")) return parse_registers();
  if (tokens_.is_directive(".loc")) return parse_location();
  if (tokens_.is_directive(".pragma")) return tokens_.skip_past(';');
  if (tokens_.is_directive(".file")) return tokens_.skip_line(tokens_.peek().line);
  for (const Declaration& d : parse_variables(tokens_, module_, false)) {
    // What a body declares in .param is passed to functions.
    StateSpace& space = module_.variables[d.variable].space;
    if (space == StateSpace::kParam) space = StateSpace::kLocal;
    declare(d);
  }
}

void BodyParser::parse_registers() {
  tokens_.next();
  if (tokens_.peek().kind != TokenKind::kDirective) tokens_.fail("expected a register type");
  const std::string_view type_word = tokens_.next().text;
  const auto type = type_from_name(type_word.substr(1));
  if (!type) tokens_.fail("unsupported register type '" + std::string(type_word) + "'");
  do {
    const std::string_view name = tokens_.expect_identifier();
    const uint32_t first = static_cast<uint32_t>(kernel_.registers.size());
    uint32_t count = 1;
    if (tokens_.accept('<')) {
      const int64_t written = tokens_.expect_integer();
      constexpr int64_t kMaxRegisters = 1 << 22;
      if (written < 0 || written > kMaxRegisters) tokens_.fail("too many registers");
      count = static_cast<uint32_t>(written);
      tokens_.expect('>');
      scopes_.declare_range(name, first, count);
    } else {
      scopes_.declare(name, {Named::Kind::kRegister, first});
    }
    kernel_.registers.resize(first + count, Register{*type});
  } while (tokens_.accept(','));
  tokens_.expect(';');
}

void BodyParser::parse_location() {
  const int line = tokens_.next().line;
  SourceLocation location;
  location.file = static_cast<uint32_t>(tokens_.expect_integer());
  location.line = static_cast<uint32_t>(tokens_.expect_integer());
  tokens_.skip_line(line);
  module_.locations.push_back(location);
  location_ = static_cast<uint32_t>(module_.locations.size() - 1);
}

void BodyParser::parse_instruction() {
  label_names_.clear();  // those of an instruction that broke off
  Instruction instruction;
  instruction.line = tokens_.peek().line;
  instruction.location = location_;
  parse_guard(instruction);
  instruction.line = tokens_.peek().line;
  const std::string_view opcode = tokens_.expect_identifier();
  if (opcode == "call" || opcode.starts_with("call.")) return parse_call(instruction);
  const bool returns = opcode == "ret" || opcode == "ret.uni";
  if (call_depth_ > 0 && returns) {
    tokens_.expect(';');
    return add_return(instruction);
  }
  const std::string store = opcode.starts_with("st.") ? call_parameter_form(opcode, nullptr) : "";
  instruction.form = form_of(store.empty() ? opcode : store);
  if (!instruction.form->row) {
    tokens_.skip_past(';');  // the verifier reports it
    return add_instruction(instruction, {});
  }
  const std::vector<Operand> operands = parse_operands(opcode.starts_with("bra"));
  const std::string load =
      operands.size() > 1 ? call_parameter_form(opcode, &operands[1]) : std::string();
  if (!load.empty()) instruction.form = form_of(load);
  add_instruction(instruction, operands);
}

std::vector<Operand> BodyParser::parse_operands(bool is_branch) {
  std::vector<Operand> operands;
  while (!tokens_.accept(';')) {
    operands.push_back(parse_operand(is_branch));
    if (!tokens_.is(';')) tokens_.expect(',');
  }
  return operands;
}

void BodyParser::add_instruction(Instruction instruction, const std::vector<Operand>& operands) {
  if (operands.size() > 255) tokens_.fail("too many operands");
  instruction.first_operand = static_cast<uint32_t>(kernel_.operands.size());
  instruction.num_operands = static_cast<uint8_t>(operands.size());
  for (const std::string_view name : label_names_) {
    pending_labels_.push_back(
        {instruction.first_operand, name, scopes_.current(), instruction.line});
  }
  label_names_.clear();
  kernel_.operands.insert(kernel_.operands.end(), operands.begin(), operands.end());
  kernel_.instructions.push_back(instruction);
}

void BodyParser::parse_guard(Instruction& instruction) {
  if (!tokens_.accept('@')) return;
  instruction.is_guard_negated = tokens_.accept('!');
  const std::string_view name = tokens_.expect_identifier();
  const auto named = scopes_.find(name);
  if (!named || named->kind != Named::Kind::kRegister ||
      kernel_.registers[named->index].type != Type::kPred) {
    tokens_.fail("'" + std::string(name) + "' is not a predicate register");
  }
  instruction.guard = named->index;
}

const Form* BodyParser::form_of(std::string_view text) {
  const auto known = module_.forms.find(text);
  if (known != module_.forms.end()) return known->second.get();
  std::unique_ptr<Form> form = match_form(text);
  const std::string_view key = form->text;
  return (module_.forms[key] = std::move(form)).get();
}

void BodyParser::resolve_labels() {
  for (const PendingLabel& pending : pending_labels_) {
    const auto target = scopes_.find_label(pending.name, pending.scope);
    if (target) {
      kernel_.operands[pending.operand].index = *target;
    } else {
      diagnostics_.push_back(
          {pending.line, {}, "unknown label '" + std::string(pending.name) + "'"});
    }
  }
}

}  // namespace emulator::ptx
