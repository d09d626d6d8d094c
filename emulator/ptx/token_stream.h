// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/ptx/lexer.h"
#include "emulator/ptx/module.h"

namespace emulator::ptx {

// Thrown inside the parser at the first thing that does not fit; it becomes a Diagnostic.
struct SyntaxError {
  int line = 0;
  std::string message;
};

// A number as written: its bits, and how they are to be read.
struct Literal {
  ImmediateKind kind = ImmediateKind::kInteger;
  uint64_t bits = 0;
};

// A cursor over tokens with the small questions that a recursive-descent parser asks.
class TokenStream {
 public:
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& peek(size_t ahead = 0) const;
  const Token& next();
  size_t position() const { return position_; }
  void seek(size_t position) { position_ = position; }
  bool at_end() const { return peek().kind == TokenKind::kEnd; }
  bool is(char punctuation) const;
  bool is_directive(std::string_view text) const;

  bool accept(char punctuation);
  bool accept_directive(std::string_view text);
  void expect(char punctuation);
  std::string_view expect_identifier();
  Literal expect_literal();  // with an optional minus sign
  int64_t expect_integer();

  void skip_line(int line);  // the rest of the tokens on this line
  void skip_past(char punctuation);
  void skip_braces();  // a whole { ... } block, nested ones included

  [[noreturn]] void fail(const std::string& message) const;

 private:
  std::vector<Token> tokens_;
  size_t position_ = 0;
};

}  // namespace emulator::ptx
