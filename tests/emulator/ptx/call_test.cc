// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/emulator/kernel_runner.h"

// Functions, and the two of the C library that device code calls.
namespace emulator {
namespace {

// max(a, b) with two ways out, declared before it is defined.
const char* const kDeclaration =
    ".func (.param .b32 func_retval0) larger(.param .b32 larger_param_0, .param .b32 "
    "larger_param_1)"
    ";\n";
const char* const kDefinition =
    ".func (.param .b32 func_retval0) larger(.param .b32 larger_param_0, .param .b32 "
    "larger_param_1)\n{\n.reg .b32 %r<3>;\n.reg .pred %p<2>;\nld.param.u32 %r1, [larger_param_0];\n"
    "ld.param.u32 %r2, [larger_param_1];\nsetp.lt.u32 %p1, %r1, %r2;\n@%p1 bra SECOND;\n"
    "st.param.b32 [func_retval0+0], %r1;\nret;\nSECOND:\nst.param.b32 [func_retval0+0], "
    "%r2;\nret;\n}\n";

std::string call_larger(const std::string& guard, const char* a, const char* b, const char* d) {
  return "{ .param .b32 param0;\nst.param.b32 [param0+0], " + std::string(a) +
         ";\n.param .b32 param1;\nst.param.b32 [param1+0], " + b +
         ";\n.param .b32 retval0;\nst.param.b32 [retval0+0], 7;\n" + guard +
         "call.uni (retval0), larger, (param0, param1);\nld.param.b32 " + d + ", [retval0+0];\n}\n";
}

std::vector<uint32_t> run(const std::string& text) {
  KernelRunner runner(text);
  const uint64_t out = runner.upload(std::vector<uint32_t>(32, 0));
  runner.launch("k", {1, 1, 1}, {32, 1, 1}, out, out);
  return runner.download<uint32_t>(out, 32);
}

const std::string kStart =
    ".reg .b32 %r<9>;\n.reg .pred %p<2>;\nmad.wide.u32 %here, %thread, 4, %out;\n";

TEST(Calls, FunctionReturnsByTwoWays) {
  const auto result = run(kernel_with_two_pointers(
      kStart + call_larger("", "%thread", "20", "%r5") + "st.global.u32 [%here], %r5;",
      kDeclaration + std::string(kDefinition)));
  for (uint32_t lane = 0; lane < 32; ++lane) EXPECT_EQ(result[lane], std::max(lane, 20u));
}

TEST(Calls, EachCallHasItsOwnVariables) {
  const auto result = run(kernel_with_two_pointers(
      kStart + call_larger("", "%thread", "20", "%r5") + call_larger("", "%r5", "25", "%r6") +
          "sub.u32 %r6, %r6, %r5;\nst.global.u32 [%here], %r6;",
      kDefinition));
  EXPECT_EQ(result[0], 5u);
  EXPECT_EQ(result[30], 0u);
}

TEST(Calls, GuardSkipsTheCall) {
  const auto result = run(kernel_with_two_pointers(
      kStart + "setp.lt.u32 %p1, %thread, 16;\n" + call_larger("@%p1 ", "%thread", "20", "%r5") +
          "st.global.u32 [%here], %r5;",
      kDefinition));
  EXPECT_EQ(result[15], 20u);
  EXPECT_EQ(result[16], 7u);
}

TEST(Calls, FunctionMayStandBehindItsCaller) {
  const auto result = run(kernel_with_two_pointers(kStart + call_larger("", "%thread", "9", "%r5") +
                                                       "st.global.u32 [%here], %r5;",
                                                   kDeclaration) +
                          kDefinition);
  EXPECT_EQ(result[3], 9u);
}

std::string problem_of(const std::string& text) {
  try {
    ptx::load_module(text);
  } catch (const LoadError& error) {
    return error.diagnostics().front().message;
  }
  return {};
}

TEST(Calls, SaysWhatIsNotPossible) {
  const std::string declared = ".func (.param .b32 r) larger(.param .b32 a, .param .b32 b);\n";
  const std::string call = kStart + call_larger("", "%thread", "20", "%r5");
  EXPECT_EQ(problem_of(kernel_with_two_pointers(call, declared)),
            "a call of 'larger', which has no body");
  EXPECT_EQ(problem_of(kernel_with_two_pointers(call)), "a call of 'larger', which is no function");
  EXPECT_EQ(problem_of(kernel_with_two_pointers(call, ".func larger(.param .b32 a) { ret; }\n")),
            "a call of 'larger' with other parameters than it has");
  EXPECT_EQ(problem_of(kernel_with_two_pointers("call.uni again;",
                                                ".func again { call.uni again; ret; }\n")),
            "calls of 'again' go too deep, or it calls itself");
}

// Text in global memory, its generic address in a parameter.
const char* const kPrintf =
    ".extern .func (.param .b32 r) vprintf(.param .b64 a, .param .b64 b);\n"
    ".global .align 1 .b8 format[27] = "
    "{108,97,110,101,32,37,50,117,58,32,37,45,53,115,124,37,46,50,"
    "102,32,37,108,108,100,33,10,0};\n"  // "lane %2u: %-5s|%.2f %lld!\n"
    ".global .align 1 .b8 word[4] = {111,100,100,0};\n";

TEST(Calls, PrintsFormattedText) {
  testing::internal::CaptureStdout();
  const auto result = run(kernel_with_two_pointers(
      kStart + ".local .align 8 .b8 buffer[32];\n.reg .b64 %rd<9>;\nsetp.eq.u32 %p1, %thread, 3;\n"
               "@!%p1 ret;\nst.local.u32 [buffer], %thread;\nmov.u64 %rd1, word;\n"
               "cvta.global.u64 %rd1, %rd1;\nst.local.u64 [buffer+8], %rd1;\n"
               "st.local.f64 [buffer+16], 0dBFF8000000000000;\nst.local.s64 [buffer+24], -5;\n"
               "mov.u64 %rd2, buffer;\ncvta.local.u64 %rd2, %rd2;\nmov.u64 %rd3, format;\n"
               "cvta.global.u64 %rd3, %rd3;\n"
               "{ .param .b64 param0;\nst.param.b64 [param0], %rd3;\n.param .b64 param1;\n"
               "st.param.b64 [param1], %rd2;\n.param .b32 retval0;\n"
               "call.uni (retval0), vprintf, (param0, param1);\nld.param.b32 %r5, [retval0];\n}\n"
               "st.global.u32 [%here], %r5;",
      kPrintf));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "lane  3: odd  |-1.50 -5!\n");
  EXPECT_EQ(result[3], 4u);
}

TEST(Calls, FailedAssertionNamesItsPlace) {
  const std::string text = kernel_with_two_pointers(
      ".reg .b64 %rd<3>;\nmov.u64 %rd1, word;\ncvta.global.u64 %rd1, %rd1;\n"
      "{ .param .b64 param0;\nst.param.b64 [param0], %rd1;\n.param .b64 param1;\n"
      "st.param.b64 [param1], %rd1;\n.param .b32 param2;\nst.param.b32 [param2], 12;\n"
      ".param .b64 param3;\nst.param.b64 [param3], %rd1;\n.param .b64 param4;\n"
      "st.param.b64 [param4], 1;\ncall.uni __assertfail, (param0, param1, param2, param3, param4);"
      "\n}\n",
      std::string(kPrintf) +
          ".extern .func __assertfail(.param .b64 a, .param .b64 b, .param .b32 c, .param .b64 d, "
          ".param .b64 e);\n");
  try {
    run(text);
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::kTrap);
    EXPECT_EQ(fault.message(), "odd:12: odd: assertion `odd' failed");
  }
}

}  // namespace
}  // namespace emulator
