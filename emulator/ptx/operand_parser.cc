// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/body_parser.h"
#include "emulator/ptx/special_register.h"

namespace emulator::ptx {

Operand BodyParser::parse_operand(bool is_label) {
  const Operand first = parse_single(is_label);
  if (!tokens_.accept('|')) return first;
  return with_children(OperandKind::kPair, {first, parse_single(false)});
}

Operand BodyParser::parse_single(bool is_label) {
  if (tokens_.is('{')) return parse_vector();
  if (tokens_.is('[')) return parse_address();
  if (tokens_.accept('!')) {
    Operand operand = parse_name(false);
    operand.is_negated = true;
    return operand;
  }
  if (is_label) return parse_name(is_label);
  return parse_scalar();
}

Operand BodyParser::parse_scalar() {
  if (tokens_.peek().kind == TokenKind::kIdentifier) return parse_name(false);
  const Literal literal = tokens_.expect_literal();
  Operand operand;
  operand.kind = OperandKind::kImmediate;
  operand.immediate = literal.kind;
  operand.value = static_cast<int64_t>(literal.bits);
  return operand;
}

Operand BodyParser::parse_name(bool is_label) {
  const std::string_view name = tokens_.expect_identifier();
  Operand operand;
  if (name == "_") return operand;
  if (is_label) {
    operand.kind = OperandKind::kLabel;
    label_names_.push_back(name);
    return operand;
  }
  if (const auto named = scopes_.find(name)) {
    operand.index = named->index;
    operand.kind = OperandKind::kRegister;
    if (named->kind == Named::Kind::kRegister) return operand;
    operand.kind = OperandKind::kSymbol;
    if (tokens_.accept('+')) operand.value = tokens_.expect_integer();
    return operand;
  }
  if (const auto special = special_register_from_name(name)) {
    operand.kind = OperandKind::kSpecial;
    operand.index = static_cast<uint32_t>(*special);
    return operand;
  }
  tokens_.fail("unknown name '" + std::string(name) + "'");
}

Operand BodyParser::parse_vector() {
  tokens_.expect('{');
  std::vector<Operand> elements;
  while (!tokens_.accept('}')) {
    elements.push_back(parse_scalar());
    if (!tokens_.is('}')) tokens_.expect(',');
  }
  return with_children(OperandKind::kVector, elements);
}

Operand BodyParser::parse_address() {
  tokens_.expect('[');
  std::vector<Operand> parts{parse_scalar()};
  // A symbol takes its offset itself; a register leaves it to the address.
  int64_t displacement = 0;
  if (tokens_.accept('+')) displacement = tokens_.expect_integer();
  if (tokens_.is('-')) displacement = tokens_.expect_integer();
  while (tokens_.accept(',')) parts.push_back(tokens_.is('{') ? parse_vector() : parse_scalar());
  tokens_.expect(']');
  Operand address = with_children(OperandKind::kAddress, parts);
  address.value = displacement;
  return address;
}

Operand BodyParser::with_children(OperandKind kind, const std::vector<Operand>& children) {
  if (children.size() > 1024) tokens_.fail("too many elements");
  Operand operand;
  operand.kind = kind;
  operand.index = static_cast<uint32_t>(kernel_.operands.size());
  operand.num_children = static_cast<uint16_t>(children.size());
  kernel_.operands.insert(kernel_.operands.end(), children.begin(), children.end());
  return operand;
}

}  // namespace emulator::ptx
