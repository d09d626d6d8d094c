// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/token_stream.h"

#include <bit>
#include <charconv>
#include <cstdlib>

namespace emulator::ptx {
namespace {

bool parse_unsigned(std::string_view digits, int base, uint64_t& value) {
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  return error == std::errc() && end == digits.data() + digits.size();
}

// 0fXXXXXXXX and 0dXXXXXXXXXXXXXXXX hold the bits of a float and of a double.
bool parse_number(std::string_view text, Literal& literal) {
  const char second = text.size() > 1 && text[0] == '0' ? text[1] : '\0';
  if ((second == 'f' || second == 'F') && text.size() == 10) {
    literal.kind = ImmediateKind::kF32Bits;
    return parse_unsigned(text.substr(2), 16, literal.bits);
  }
  if ((second == 'd' || second == 'D') && text.size() == 18) {
    literal.kind = ImmediateKind::kF64Bits;
    return parse_unsigned(text.substr(2), 16, literal.bits);
  }
  if (text.find('.') != std::string_view::npos) {
    literal.kind = ImmediateKind::kF64Bits;
    char* end = nullptr;
    const std::string copy(text);
    literal.bits = std::bit_cast<uint64_t>(std::strtod(copy.c_str(), &end));
    return *end == '\0';
  }
  if (text.back() == 'U') text.remove_suffix(1);
  if (second == 'x' || second == 'X') return parse_unsigned(text.substr(2), 16, literal.bits);
  if (second == 'b' || second == 'B') return parse_unsigned(text.substr(2), 2, literal.bits);
  if (second != '\0') return parse_unsigned(text, 8, literal.bits);
  return parse_unsigned(text, 10, literal.bits);
}

void negate(Literal& literal) {
  switch (literal.kind) {
    case ImmediateKind::kInteger: literal.bits = 0 - literal.bits; break;
    case ImmediateKind::kF32Bits: literal.bits ^= 0x80000000u; break;
    case ImmediateKind::kF64Bits: literal.bits ^= 0x8000000000000000u; break;
  }
}

}  // namespace

const Token& TokenStream::peek(size_t ahead) const {
  return tokens_[std::min(position_ + ahead, tokens_.size() - 1)];
}

const Token& TokenStream::next() {
  const Token& token = peek();
  if (position_ + 1 < tokens_.size()) ++position_;
  return token;
}

bool TokenStream::is(char punctuation) const {
  return peek().kind == TokenKind::kPunctuation && peek().text[0] == punctuation;
}

bool TokenStream::is_directive(std::string_view text) const {
  return peek().kind == TokenKind::kDirective && peek().text == text;
}

bool TokenStream::accept(char punctuation) {
  if (!is(punctuation)) return false;
  next();
  return true;
}

bool TokenStream::accept_directive(std::string_view text) {
  if (!is_directive(text)) return false;
  next();
  return true;
}

void TokenStream::expect(char punctuation) {
  if (!accept(punctuation)) {
    fail(std::string("expected '") + punctuation + "', got '" + std::string(peek().text) + "'");
  }
}

std::string_view TokenStream::expect_identifier() {
  if (peek().kind != TokenKind::kIdentifier) {
    fail("expected a name, got '" + std::string(peek().text) + "'");
  }
  return next().text;
}

Literal TokenStream::expect_literal() {
  const bool is_negative = accept('-');
  Literal literal;
  if (peek().kind != TokenKind::kNumber || !parse_number(peek().text, literal)) {
    fail("expected a number, got '" + std::string(peek().text) + "'");
  }
  next();
  if (is_negative) negate(literal);
  return literal;
}

int64_t TokenStream::expect_integer() {
  const Literal literal = expect_literal();
  if (literal.kind != ImmediateKind::kInteger) fail("expected an integer");
  return static_cast<int64_t>(literal.bits);
}

void TokenStream::skip_line(int line) {
  while (!at_end() && peek().line == line) next();
}

void TokenStream::skip_past(char punctuation) {
  while (!at_end() && !accept(punctuation)) next();
}

void TokenStream::skip_braces() {
  expect('{');
  for (int depth = 1; depth > 0 && !at_end(); next()) depth += is('{') - is('}');
}

void TokenStream::fail(const std::string& message) const {
  throw SyntaxError{peek().line, message};
}

}  // namespace emulator::ptx
