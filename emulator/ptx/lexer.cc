// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/lexer.h"

#include <algorithm>
#include <array>
#include <string>

namespace emulator::ptx {
namespace {

enum CharacterClass : unsigned char {
  kOther = 0,
  kBlank = 1,
  kWordStart = 2,
  kDigit = 4,
  kPunct = 8
};

constexpr std::array<unsigned char, 256> make_classes() {
  std::array<unsigned char, 256> classes{};
  for (char c : {' ', '\t', '\r', '\f'}) classes[static_cast<unsigned char>(c)] = kBlank;
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 'a' + 'A'] = kWordStart;
  for (char c : {'_', '$', '%'}) classes[static_cast<unsigned char>(c)] = kWordStart;
  for (int c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  for (char c : std::string_view("()[]{}<>,;:=+-!@|"))
    classes[static_cast<unsigned char>(c)] = kPunct;
  return classes;
}

constexpr std::array<unsigned char, 256> kClasses = make_classes();

class Lexer {
 public:
  Lexer(std::string_view text, std::vector<Diagnostic>& diagnostics)
      : text_(text), diagnostics_(diagnostics) {
    tokens_.reserve(text.size() / 4 + 1);
  }

  std::vector<Token> run() {
    while (true) {
      skip_blanks();
      if (position_ >= text_.size()) break;
      lex_token();
    }
    tokens_.push_back({TokenKind::kEnd, {}, line_});
    return std::move(tokens_);
  }

 private:
  unsigned char class_at(size_t position) const {
    return kClasses[static_cast<unsigned char>(at(position))];
  }
  char at(size_t position) const { return position < text_.size() ? text_[position] : '\0'; }
  bool is_word(size_t position) const { return (class_at(position) & (kWordStart | kDigit)) != 0; }

  void skip_blanks() {
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (c == '\n') {
        ++line_;
        ++position_;
      } else if (class_at(position_) == kBlank || c == '\0') {
        ++position_;  // fat binaries pad their text with zero bytes
      } else if (c == '/' && at(position_ + 1) == '/') {
        position_ = std::min(text_.find('\n', position_), text_.size());
      } else if (c == '/' && at(position_ + 1) == '*') {
        skip_block_comment();
      } else {
        return;
      }
    }
  }

  void skip_block_comment() {
    const size_t end = text_.find("*/", position_ + 2);
    const size_t stop = end == std::string_view::npos ? text_.size() : end + 2;
    for (; position_ < stop; ++position_) line_ += text_[position_] == '\n';
  }

  void lex_token() {
    const unsigned char kind = class_at(position_);
    if (kind == kWordStart) return lex_word(TokenKind::kIdentifier);
    if (kind == kDigit) return lex_number();
    if (at(position_) == '.' && is_word(position_ + 1)) return lex_word(TokenKind::kDirective);
    if (at(position_) == '"') return lex_string();
    if (kind == kPunct) return push(TokenKind::kPunctuation, position_, position_ + 1);
    diagnostics_.push_back(
        {line_, {}, std::string("unexpected character '") + text_[position_] + "'"});
    ++position_;
  }

  // Dots continue an identifier, so that an opcode with its modifiers is one token; two directives
  // written without a blank (.reg.pred) are two.
  void lex_word(TokenKind kind) {
    size_t end = position_ + 1;
    while (true) {
      if (is_word(end)) {
        ++end;
      } else if (kind == TokenKind::kIdentifier && at(end) == '.' && is_word(end + 1)) {
        end += 2;
      } else if (at(end) == ':' && at(end + 1) == ':' && is_word(end + 2)) {
        end += 3;
      } else {
        break;
      }
    }
    push(kind, position_, end);
  }

  void lex_number() {
    size_t end = position_ + 1;
    while (is_word(end) || (at(end) == '.' && class_at(end + 1) == kDigit)) ++end;
    push(TokenKind::kNumber, position_, end);
  }

  void lex_string() {
    const size_t end = std::min(text_.find('"', position_ + 1), text_.size());
    tokens_.push_back(
        {TokenKind::kString, text_.substr(position_ + 1, end - position_ - 1), line_});
    position_ = std::min(end + 1, text_.size());
  }

  void push(TokenKind kind, size_t begin, size_t end) {
    tokens_.push_back({kind, text_.substr(begin, end - begin), line_});
    position_ = end;
  }

  std::string_view text_;
  std::vector<Diagnostic>& diagnostics_;
  std::vector<Token> tokens_;
  size_t position_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text, std::vector<Diagnostic>& diagnostics) {
  return Lexer(text, diagnostics).run();
}

}  // namespace emulator::ptx
