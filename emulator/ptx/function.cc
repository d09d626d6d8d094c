// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/function.h"

namespace emulator::ptx {
namespace {

// The names in "(.param .b64 a, .param .align 8 .b8 b[16])": each is its parameter's last word.
void parse_formal_parameters(TokenStream& tokens, Function& function) {
  tokens.expect('(');
  while (!tokens.accept(')')) {
    if (!tokens.is_directive(".param")) tokens.fail("a function takes its parameters in .param");
    while (tokens.peek().kind != TokenKind::kIdentifier && !tokens.at_end()) tokens.next();
    function.parameters.push_back(tokens.expect_identifier());
    if (tokens.accept('[')) tokens.skip_past(']');
    if (!tokens.is(')')) tokens.expect(',');
  }
}

}  // namespace

Function parse_function(TokenStream& tokens) {
  tokens.next();
  Function function;
  if (tokens.is('(')) parse_formal_parameters(tokens, function);
  function.num_results = function.parameters.size();
  function.name = tokens.expect_identifier();
  if (tokens.is('(')) parse_formal_parameters(tokens, function);
  while (!tokens.is('{') && !tokens.is(';') && !tokens.at_end()) tokens.next();
  if (tokens.accept(';')) return function;
  function.body = tokens.position();
  tokens.skip_braces();
  return function;
}

}  // namespace emulator::ptx
