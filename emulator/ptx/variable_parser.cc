// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/variable_parser.h"

#include <algorithm>
#include <bit>

namespace emulator::ptx {
namespace {

StateSpace expect_space(TokenStream& tokens) {
  if (tokens.accept_directive(".global")) return StateSpace::kGlobal;
  if (tokens.accept_directive(".const")) return StateSpace::kConst;
  if (tokens.accept_directive(".shared")) return StateSpace::kShared;
  if (tokens.accept_directive(".local")) return StateSpace::kLocal;
  if (tokens.accept_directive(".param")) return StateSpace::kParam;
  tokens.fail("unsupported directive '" + std::string(tokens.peek().text) + "'");
}

// Alignment, attributes and type, in any order.
void parse_properties(TokenStream& tokens, Variable& variable) {
  bool has_type = false;
  uint32_t vector_width = 1;
  while (tokens.peek().kind == TokenKind::kDirective) {
    const std::string_view word = tokens.next().text.substr(1);
    if (word == "align") {
      variable.alignment = static_cast<uint32_t>(tokens.expect_integer());
    } else if (word == "attribute") {
      tokens.skip_past(')');
    } else if (word == "ptr") {
      // The pointee's space and alignment follow; nothing here depends on them.
      while (tokens.peek().kind == TokenKind::kDirective) {
        if (tokens.next().text == ".align") tokens.expect_integer();
      }
    } else if (word == "v2" || word == "v4") {
      vector_width = static_cast<uint32_t>(word[1] - '0');
    } else if (const auto type = type_from_name(word)) {
      variable.type = *type;
      has_type = true;
    } else {
      tokens.fail("unsupported directive '." + std::string(word) + "'");
    }
  }
  if (!has_type) tokens.fail("expected a type");
  const uint32_t size = static_cast<uint32_t>(size_bytes(variable.type)) * vector_width;
  variable.alignment = std::max(variable.alignment, size);
  variable.size_bytes = size;
}

void parse_extents(TokenStream& tokens, Variable& variable) {
  while (tokens.accept('[')) {
    if (tokens.accept(']')) {
      variable.size_bytes = 0;  // an open extent: .extern .shared, or filled by the initialiser
      continue;
    }
    const int64_t extent = tokens.expect_integer();
    constexpr uint64_t kMaxBytes = uint64_t{1} << 40;
    if (extent < 0 ||
        (extent > 0 && variable.size_bytes > kMaxBytes / static_cast<uint64_t>(extent))) {
      tokens.fail("array too large");
    }
    variable.size_bytes *= static_cast<uint64_t>(extent);
    tokens.expect(']');
  }
}

void append_literal(Variable& variable, Literal literal) {
  uint64_t bits = literal.bits;
  if (literal.kind == ImmediateKind::kF64Bits && variable.type == Type::kF32) {
    bits = std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(bits)));
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(&bits);
  const int size = std::min(size_bytes(variable.type), 8);
  variable.initial_bytes.insert(variable.initial_bytes.end(), bytes, bytes + size);
}

// A symbol's address, also written generic(symbol), with an optional "+ offset".
void append_address(TokenStream& tokens, Variable& variable) {
  std::string_view name = tokens.expect_identifier();
  if (name == "generic") {
    tokens.expect('(');
    name = tokens.expect_identifier();
    tokens.expect(')');
  }
  Relocation relocation{variable.initial_bytes.size(), std::string(name), 0};
  if (tokens.accept('+')) relocation.addend = tokens.expect_integer();
  variable.relocations.push_back(relocation);
  variable.initial_bytes.resize(variable.initial_bytes.size() + 8);
}

void parse_initialiser(TokenStream& tokens, Variable& variable, int depth) {
  constexpr int kMaxDepth = 8;
  if (depth > kMaxDepth) tokens.fail("initialiser nested too deeply");
  if (tokens.accept('{')) {
    while (!tokens.accept('}')) {
      parse_initialiser(tokens, variable, depth + 1);
      if (!tokens.is('}')) tokens.expect(',');
    }
  } else if (tokens.peek().kind == TokenKind::kIdentifier) {
    append_address(tokens, variable);
  } else {
    append_literal(variable, tokens.expect_literal());
  }
}

Declaration parse_declarator(TokenStream& tokens, Module& module, Variable variable) {
  const int line = tokens.peek().line;
  const std::string_view name = tokens.expect_identifier();
  variable.name = std::string(name);
  parse_extents(tokens, variable);
  if (tokens.accept('=')) parse_initialiser(tokens, variable, 0);
  if (variable.size_bytes == 0 && !variable.is_extern) {
    variable.size_bytes = variable.initial_bytes.size();
  }
  if (variable.initial_bytes.size() > variable.size_bytes) {
    throw SyntaxError{line, "initialiser longer than '" + variable.name + "'"};
  }
  module.variables.push_back(std::move(variable));
  return {name, static_cast<uint32_t>(module.variables.size() - 1)};
}

}  // namespace

std::vector<Declaration> parse_variables(TokenStream& tokens, Module& module, bool is_extern) {
  Variable pattern;
  pattern.space = expect_space(tokens);
  pattern.is_extern = is_extern;
  parse_properties(tokens, pattern);
  std::vector<Declaration> declarations;
  do {
    declarations.push_back(parse_declarator(tokens, module, pattern));
  } while (tokens.accept(','));
  tokens.expect(';');
  return declarations;
}

Declaration parse_parameter(TokenStream& tokens, Module& module) {
  Variable variable;
  variable.space = expect_space(tokens);
  parse_properties(tokens, variable);
  return parse_declarator(tokens, module, variable);
}

}  // namespace emulator::ptx
