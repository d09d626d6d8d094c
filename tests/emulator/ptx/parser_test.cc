// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/parser.h"

#include <gmock/gmock.h>

#include <ctime>

namespace emulator::ptx {
namespace {

constexpr const char* kHeader = ".version 9.0\n.target sm_90a\n.address_size 64\n";

std::string kernel_text(const std::string& body) {
  return std::string(kHeader) + ".visible .entry k(.param .u64 k_param_0)\n{\n" + body + "\n}\n";
}

std::vector<Diagnostic> problems(const std::string& text) {
  try {
    load_module(text);
  } catch (const LoadError& error) {
    return error.diagnostics();
  }
  return {};
}

TEST(Parser, ReadsHeaderParametersAndBody) {
  const auto module =
      load_module(std::string(kHeader) +
                  ".visible .entry k(.param .align 8 .b8 k_param_0[40], .param .u32 k_param_1)\n"
                  ".maxntid 256, 1, 1\n.reqnctapercluster 2\n{ .reg .b32 %r<3>;\n"
                  "ld.param.u32 %r1, [k_param_0+32];\nadd.s32 %r2, %r1, -5;\nret;\n}");
  EXPECT_EQ(module->target, "sm_90a");
  EXPECT_EQ(module->version_major, 9);
  const Kernel* kernel = module->find_kernel("k");
  ASSERT_NE(kernel, nullptr);
  EXPECT_EQ(kernel->parameters.size(), 2u);
  EXPECT_EQ(module->variables[kernel->parameters[0]].size_bytes, 40u);
  EXPECT_EQ(kernel->max_threads.x, 256u);
  EXPECT_EQ(kernel->required_cluster.x, 2u);
  ASSERT_EQ(kernel->instructions.size(), 3u);
  EXPECT_EQ(kernel->operands_of(kernel->instructions[1])[2].value, -5);
}

TEST(Parser, InlineAssemblyMayDeclareTheSameNamesAgain) {
  const std::string block =
      "{\n.reg .pred P1;\nWAIT:\nsetp.eq.s32 P1, %r1, 0;\n@P1 bra DONE;\nbra WAIT;\nDONE:\n}\n";
  const auto module =
      load_module(kernel_text(".reg .b32 %r<2>;\nmov.u32 %r1, 0;\n" + block + block + "ret;"));
  const Kernel& kernel = module->kernels.front();
  ASSERT_EQ(kernel.instructions.size(), 8u);
  EXPECT_EQ(kernel.operands_of(kernel.instructions[2])->index, 4u);
  EXPECT_EQ(kernel.operands_of(kernel.instructions[5])->index, 7u);
  EXPECT_EQ(kernel.operands_of(kernel.instructions[6])->index, 4u);
}

TEST(Parser, ReadsVariablesWithInitialisers) {
  const auto module = load_module(std::string(kHeader) +
                                  ".visible .global .align 4 .u32 table[3] = {1, 0x10, -1};\n"
                                  ".const .f32 half = 0f3F000000;\n"
                                  ".global .u64 pointer = generic(table)+4;\n"
                                  ".extern .shared .align 128 .b8 dynamic[];\n");
  EXPECT_EQ(module->find_variable("table")->initial_bytes[4], 0x10);
  EXPECT_EQ(module->find_variable("table")->size_bytes, 12u);
  EXPECT_EQ(module->find_variable("half")->initial_bytes[3], 0x3f);
  EXPECT_EQ(module->find_variable("pointer")->relocations[0].addend, 4);
  EXPECT_EQ(module->find_variable("dynamic")->alignment, 128u);
  EXPECT_TRUE(module->find_variable("dynamic")->is_extern);
}

TEST(Parser, KnowsTheSourceLineOfAnInstruction) {
  const auto module = load_module(
      kernel_text(".loc 1 12 3\n.loc 1 14 5, function_name L, inlined_at 1 12 3\nret;") +
      ".file 1 \"kernel.cu\"\n");
  const Instruction& instruction = module->kernels.front().instructions.front();
  EXPECT_EQ(module->source_place(instruction.location), "kernel.cu:14");
}

TEST(Parser, ReportsEverythingThatIsWrongWithItsLine) {
  const auto found =
      problems(kernel_text(".reg .b32 %r<4>;\n.reg .b64 %rd<2>;\n"
                           "frobnicate.b32 %r1, %r2;\n"
                           "add.s32 %r1, %r2;\n"
                           "add.s32 %r1, %rd1, 1;\n"
                           "add.s32 %r1, %r9, 1;\n"
                           "bra NOWHERE;\n"
                           "add.s32 %r1, %r2, %r3;\nret;"));
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0].line, 8);
  EXPECT_EQ(found[0].text, "frobnicate.b32 %r1, %r2;");
  EXPECT_THAT(found[0].message, testing::HasSubstr("unknown instruction"));
  EXPECT_THAT(found[1].message, testing::HasSubstr("too few operands"));
  EXPECT_THAT(found[2].message, testing::HasSubstr("64 bits where 32 are needed"));
  EXPECT_THAT(found[3].message, testing::HasSubstr("unknown name '%r9'"));
  EXPECT_THAT(found[4].message, testing::HasSubstr("unknown label 'NOWHERE'"));
}

TEST(Parser, ReportsTextThatEndsTooEarly) {
  EXPECT_FALSE(problems(std::string(kHeader) + ".visible .entry k(").empty());
  EXPECT_FALSE(problems(std::string(kHeader) + ".visible .entry k() { .reg .b32 %r<").empty());
  EXPECT_FALSE(problems(std::string(kHeader) + ".visible .entry k() { add.s32 {").empty());
  EXPECT_FALSE(problems(std::string(kHeader) + ".visible .entry k() { .reg").empty());
}

TEST(Parser, ReadsTwoMegabytesInAFifthOfASecond) {
  const std::string add =
      "\tadd.s32 \t%r1, %r2, %r3;\n\tld.global.v2.u32 \t{%r4, %r5}, [%rd1+16];\n";
  std::string body = ".reg .b32 %r<64>;\n.reg .b64 %rd<8>;\n";
  while (body.size() < 1'900'000) body += add;
  const std::string text = kernel_text(body + "ret;");
  const std::clock_t start = std::clock();  // processor time: other programs do not count
  load_module(text);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  RecordProperty("milliseconds", std::to_string(seconds * 1e3));
#ifdef NDEBUG
  EXPECT_LT(seconds, 0.2);
#endif
}

}  // namespace
}  // namespace emulator::ptx
