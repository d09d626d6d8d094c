// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/lexer.h"

#include <gmock/gmock.h>

namespace emulator::ptx {
namespace {

std::vector<std::string> texts(std::string_view source) {
  std::vector<Diagnostic> diagnostics;
  std::vector<std::string> out;
  for (const Token& token : tokenize(source, diagnostics)) out.emplace_back(token.text);
  EXPECT_TRUE(diagnostics.empty());
  out.pop_back();  // the end
  return out;
}

TEST(Lexer, KeepsAnOpcodeWithItsModifiersTogether) {
  EXPECT_THAT(texts("ld.shared::cta.v2.u32 {%r1,%r2},[%rd1+16];"),
              testing::ElementsAre("ld.shared::cta.v2.u32", "{", "%r1", ",", "%r2", "}", ",", "[",
                                   "%rd1", "+", "16", "]", ";"));
}

TEST(Lexer, TakesDirectivesWithoutBlanksApart) {
  EXPECT_THAT(texts(".reg.pred p;"), testing::ElementsAre(".reg", ".pred", "p", ";"));
}

TEST(Lexer, TellsALabelFromADoubleColon) {
  EXPECT_THAT(texts("LAB:mbarrier.init.shared::cta.b64"),
              testing::ElementsAre("LAB", ":", "mbarrier.init.shared::cta.b64"));
}

TEST(Lexer, DropsCommentsAndCountsLines) {
  std::vector<Diagnostic> diagnostics;
  const auto tokens = tokenize("// one\n/* two\nthree */ ret;", diagnostics);
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens[0].text, "ret");
  EXPECT_EQ(tokens[0].line, 3);
}

TEST(Lexer, ReportsWhatPtxDoesNotKnow) {
  std::vector<Diagnostic> diagnostics;
  tokenize("ret;\n`", diagnostics);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].line, 2);
}

}  // namespace
}  // namespace emulator::ptx
