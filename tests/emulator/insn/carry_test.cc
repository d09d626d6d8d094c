// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/emulator/kernel_runner.h"

// Numbers of 64 and 128 bits in digits of half as many, each digit with the carry of the one below.
namespace emulator {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr uint64_t kNumbers[] = {0,
                                 1,
                                 0xffffffff,
                                 0x100000000,
                                 0x8000000000000000,
                                 0x7fffffffffffffff,
                                 0xffffffffffffffff,
                                 0x123456789abcdef0};

std::vector<uint64_t> run(const std::string& body, uint64_t a, uint64_t b) {
  KernelRunner runner(kernel_with_two_pointers(
      ".reg .b64 %a, %b, %d, %e;\n.reg .b32 %al, %ah, %bl, %bh, %r<4>;\n"
      "ld.global.b64 %a, [%in];\nld.global.b64 %b, [%in+8];\n"
      "mov.b64 {%al, %ah}, %a;\nmov.b64 {%bl, %bh}, %b;\nmov.b64 %e, 0;\n" +
      body + "st.global.b64 [%out], %d;\nst.global.b64 [%out+8], %e;\n"));
  const uint64_t out = runner.allocate(16);
  const uint64_t in = runner.upload(std::vector<uint64_t>{a, b});
  runner.launch("k", {1, 1, 1}, {32, 1, 1}, out, in);
  return runner.download<uint64_t>(out, 2);
}

template <typename Check>
void for_each_pair(const Check& check) {
  for (const uint64_t a : kNumbers) {
    for (const uint64_t b : kNumbers) check(a, b);
  }
}

TEST(Carry, AddsDigits) {
  for_each_pair([](uint64_t a, uint64_t b) {
    const auto sum =
        run("add.cc.u32 %r0, %al, %bl;\naddc.cc.u32 %r1, %ah, %bh;\naddc.u32 %r2, 0, 0;\n"
            "mov.b64 %d, {%r0, %r1};\ncvt.u64.u32 %e, %r2;\n",
            a, b);
    EXPECT_EQ(sum[0], a + b);
    EXPECT_EQ(sum[1], a + b < a) << a << " + " << b;
  });
}

TEST(Carry, SubtractsDigits) {
  for_each_pair([](uint64_t a, uint64_t b) {
    const auto difference =
        run("sub.cc.u32 %r0, %al, %bl;\nsubc.cc.u32 %r1, %ah, %bh;\nsubc.u32 %r2, 0, 0;\n"
            "mov.b64 %d, {%r0, %r1};\ncvt.s64.s32 %e, %r2;\n",
            a, b);
    EXPECT_EQ(difference[0], a - b);
    EXPECT_EQ(difference[1], a < b ? ~uint64_t{0} : 0) << a << " - " << b;
  });
}

// The cross products first, as compilers do it: (ah 2^32 + al) (bh 2^32 + bl).
TEST(Carry, MultipliesDigits) {
  for_each_pair([](uint64_t a, uint64_t b) {
    const auto product =
        run(".reg .b32 %p<4>;\nmul.lo.u32 %p0, %al, %bl;\nmul.hi.u32 %p1, %al, %bl;\n"
            "mad.lo.cc.u32 %p1, %ah, %bl, %p1;\nmadc.hi.u32 %p2, %ah, %bl, 0;\n"
            "mad.lo.cc.u32 %p1, %al, %bh, %p1;\nmadc.hi.cc.u32 %p2, %al, %bh, %p2;\n"
            "addc.u32 %p3, 0, 0;\nmad.lo.cc.u32 %p2, %ah, %bh, %p2;\n"
            "madc.hi.u32 %p3, %ah, %bh, %p3;\n"
            "mov.b64 %d, {%p0, %p1};\nmov.b64 %e, {%p2, %p3};\n",
            a, b);
    const Wide expected = Wide{a} * b;
    EXPECT_EQ(product[0], static_cast<uint64_t>(expected));
    EXPECT_EQ(product[1], static_cast<uint64_t>(expected >> 64)) << a << " * " << b;
  });
}

TEST(Carry, HasDigitsOf64BitsAndSignedOnes) {
  for_each_pair([](uint64_t a, uint64_t b) {
    const auto sum = run("add.cc.s64 %d, %a, %b;\naddc.s64 %e, 0, 0;\n", a, b);
    EXPECT_EQ(sum[0], a + b);
    EXPECT_EQ(sum[1], a + b < a);
    const auto high = run("mad.hi.cc.s64 %d, %a, %b, 0;\nmadc.lo.s64 %e, %a, %b, 0;\n", a, b);
    __extension__ typedef __int128 SignedWide;
    const SignedWide expected = SignedWide{static_cast<int64_t>(a)} * static_cast<int64_t>(b);
    EXPECT_EQ(high[0], static_cast<uint64_t>(expected >> 64));
    EXPECT_EQ(high[1], a * b);
  });
}

// Lanes that do not run an instruction keep their carry, and each has its own.
TEST(Carry, BelongsToItsLane) {
  const std::string body =
      ".reg .b64 %place;\n.reg .b32 %x, %y, %z;\n.reg .pred %odd;\nand.b32 %x, %thread, 1;\n"
      "setp.ne.u32 %odd, %x, 0;\nadd.cc.u32 %y, %thread, -16;\n"
      "@%odd add.cc.u32 %y, 0, 0;\naddc.u32 %z, 0, 0;\n"
      "mad.wide.u32 %place, %thread, 4, %out;\nst.global.u32 [%place], %z;\n";
  KernelRunner runner(kernel_with_two_pointers(body));
  const uint64_t out = runner.allocate(128);
  runner.launch("k", {1, 1, 1}, {32, 1, 1}, out, runner.allocate(4));
  const auto carries = runner.download<uint32_t>(out, 32);
  for (uint32_t lane = 0; lane < 32; ++lane) EXPECT_EQ(carries[lane], lane >= 16 && lane % 2 == 0);
}

}  // namespace
}  // namespace emulator
