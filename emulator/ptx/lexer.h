// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "emulator/report.h"

namespace emulator::ptx {

enum class TokenKind : unsigned char {
  kIdentifier,   // a name, a register, or an opcode with its modifiers: ld.global.v4.u32
  kDirective,    // .reg, .visible, .b32
  kNumber,       // 12, 0x1F, 0f3F800000, 8.3
  kString,       // "file.cu", without the quotes
  kPunctuation,  // one of ( ) [ ] { } < > , ; : = + - ! @ |
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // into the module's text
  int line = 0;
};

// Splits PTX text into tokens; comments and blanks are dropped. The last token is kEnd.
// A character that PTX does not know becomes a diagnostic and is skipped.
std::vector<Token> tokenize(std::string_view text, std::vector<Diagnostic>& diagnostics);

}  // namespace emulator::ptx
