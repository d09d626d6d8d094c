// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/emulator/kernel_runner.h"

// One instruction at a time: d = op(a, b, c) for 64-bit images of the operands.
namespace emulator {
namespace {

struct Case {
  const char* instruction;  // on %d, %a, %b, %c (64 bits), %e.. (32), %h.. (16)
  uint64_t a, b, c;
  uint64_t expected;
};

uint64_t f32(float value) {
  return std::bit_cast<uint32_t>(value);
}
uint64_t f32x2(float low, float high) {
  return f32(high) << 32 | f32(low);
}
constexpr float kInfinity = std::numeric_limits<float>::infinity();

const Case kCases[] = {
    {"add.s32 %d1, %a1, %b1", 0x7fffffff, 1, 0, 0x80000000},
    {"add.sat.s32 %d1, %a1, %b1", 0x7fffffff, 1, 0, 0x7fffffff},
    {"sub.sat.s32 %d1, %a1, %b1", 0x80000000, 1, 0, 0x80000000},
    {"add.u64 %d, %a, %b", 0xffffffff, 1, 0, 0x100000000},
    {"add.s16 %d0, %a0, %b0", 0xffff, 2, 0, 1},
    {"mul.lo.u32 %d1, %a1, %b1", 0x10000, 0x10001, 0, 0x10000},
    {"mul.hi.u32 %d1, %a1, %b1", 0xffffffff, 0xffffffff, 0, 0xfffffffe},
    {"mul.hi.s32 %d1, %a1, %b1", 0xffffffff, 2, 0, 0xffffffff},
    {"mul.hi.u64 %d, %a, %b", ~0ull, ~0ull, 0, 0xfffffffffffffffe},
    {"mul.hi.s64 %d, %a, %b", ~0ull, 5, 0, ~0ull},
    {"mul.wide.s32 %d, %a1, %b1", 0xffffffff, 3, 0, 0xfffffffffffffffd},
    {"mul.wide.u16 %d1, %a0, %b0", 0xffff, 0xffff, 0, 0xfffe0001},
    {"mad.lo.s32 %d1, %a1, %b1, %c1", 7, 6, 100, 142},
    {"mad.wide.u32 %d, %a1, %b1, %c", 0xffffffff, 2, 5, 0x200000003},
    {"div.s32 %d1, %a1, %b1", 0xfffffff9, 2, 0, 0xfffffffd},
    {"rem.s32 %d1, %a1, %b1", 0xfffffff9, 2, 0, 0xffffffff},
    {"div.u32 %d1, %a1, %b1", 7, 0, 0, 0xffffffff},
    {"div.s32 %d1, %a1, %b1", 0x80000000, 0xffffffff, 0, 0x80000000},
    {"abs.s32 %d1, %a1", 0xfffffffb, 0, 0, 5},
    {"neg.s16 %d0, %a0", 1, 0, 0, 0xffff},
    {"min.s32 %d1, %a1, %b1", 0xffffffff, 1, 0, 0xffffffff},
    {"min.u32 %d1, %a1, %b1", 0xffffffff, 1, 0, 1},
    {"max.s64 %d, %a, %b", ~0ull, 3, 0, 3},
    {"popc.b64 %d1, %a", 0xff00ff, 0, 0, 16},
    {"clz.b32 %d1, %a1", 1, 0, 0, 31},
    {"bfind.u32 %d1, %a1", 0x8000, 0, 0, 15},
    {"bfind.shiftamt.u32 %d1, %a1", 0x8000, 0, 0, 16},
    {"bfind.s32 %d1, %a1", 0xffffffff, 0, 0, 0xffffffff},
    {"brev.b32 %d1, %a1", 1, 0, 0, 0x80000000},
    {"bfe.u32 %d1, %a1, %b1, %c1", 0xabcd, 4, 8, 0xbc},
    {"bfe.s32 %d1, %a1, %b1, %c1", 0xabcd, 12, 4, 0xfffffffa},
    {"bfi.b32 %d1, %a1, %b1, 8, 4", 0xf, 0, 0, 0xf00},
    {"prmt.b32 %d1, %a1, %b1, %c1", 0x33221100, 0x77665544, 0x7531, 0x77553311},
    {"prmt.b32 %d1, %a1, %b1, %c1", 0x80, 0, 0x8888, 0xffffffff},
    {"lop3.b32 %d1, %a1, %b1, %c1, 0x96", 0xf0, 0xcc, 0xaa, 0x96},
    {"shf.l.wrap.b32 %d1, %a1, %b1, %c1", 0x80000000, 1, 33, 3},
    {"shf.r.clamp.b32 %d1, %a1, %b1, %c1", 1, 0xabcd, 40, 0xabcd},
    {"shl.b32 %d1, %a1, %b1", 1, 32, 0, 0},
    {"shr.s32 %d1, %a1, %b1", 0x80000000, 99, 0, 0xffffffff},
    {"shr.u64 %d, %a, %b1", 0x100000000, 32, 0, 1},
    {"cnot.b32 %d1, %a1", 0, 0, 0, 1},
    {"add.f32 %d1, %a1, %b1", f32(1), f32(2), 0, f32(3)},
    {"add.sat.f32 %d1, %a1, %b1", f32(1), f32(2), 0, f32(1)},
    {"add.f32 %d1, %a1, %b1", f32(kInfinity), f32(-kInfinity), 0, 0x7fffffff},
    {"mul.ftz.f32 %d1, %a1, %b1", 1, f32(2), 0, 0},
    {"mul.f32 %d1, %a1, %b1", 1, f32(2), 0, 2},
    {"fma.rn.f32 %d1, %a1, %b1, %c1", 0x3f800001, 0x3f800001, 0xbf800002, 0x28800000},
    {"fma.rn.f32x2 %d, %a, %b, %c", f32x2(1, 2), f32x2(3, 4), f32x2(5, 6), f32x2(8, 14)},
    {"min.f32 %d1, %a1, %b1", 0x7fc00000, f32(1), 0, f32(1)},
    {"min.NaN.f32 %d1, %a1, %b1", 0x7fc00000, f32(1), 0, 0x7fffffff},
    {"max.f32 %d1, %a1, %b1", f32(-0.0f), f32(0.0f), 0, f32(0.0f)},
    {"neg.f32 %d1, %a1", f32(1.5f), 0, 0, f32(-1.5f)},
    {"ex2.approx.f32 %d1, %a1", f32(-kInfinity), 0, 0, f32(0)},
    {"ex2.approx.f32 %d1, %a1", f32(3), 0, 0, f32(8)},
    {"lg2.approx.f32 %d1, %a1", f32(0), 0, 0, f32(-kInfinity)},
    {"rcp.rn.f32 %d1, %a1", f32(4), 0, 0, f32(0.25f)},
    {"add.rz.f32 %d1, %a1, %b1", f32(1), 0x33ffffff, 0, 0x3f800000},
    {"add.rz.f32 %d1, %a1, %b1", f32(-1), 0xb3ffffff, 0, 0xbf800000},
    {"add.rm.f32 %d1, %a1, %b1", f32(-1), 0xa0000000, 0, 0xbf800001},
    {"add.rp.f32 %d1, %a1, %b1", f32(1), 0x20000000, 0, 0x3f800001},
    {"add.rz.f32 %d1, %a1, %b1", 0x7f7fffff, 0x7f7fffff, 0, 0x7f7fffff},
    {"add.rm.f32 %d1, %a1, %b1", f32(1), f32(-1), 0, f32(-0.0f)},
    {"add.rz.f32 %d1, %a1, %b1", f32(1), f32(-1), 0, f32(0.0f)},
    {"add.rz.f32 %d1, %a1, %b1", f32(kInfinity), f32(-kInfinity), 0, 0x7fffffff},
    {"sub.rz.f32 %d1, %a1, %b1", f32(1), 0x20000000, 0, 0x3f7fffff},
    {"mul.rz.f32 %d1, %a1, %b1", 0x3f800001, 0x3f800001, 0, 0x3f800002},
    {"mul.rp.f32 %d1, %a1, %b1", 0x3f800001, 0x3f800001, 0, 0x3f800003},
    {"mul.rz.ftz.f32 %d1, %a1, %b1", 0x00800000, f32(-0.5f), 0, f32(-0.0f)},
    {"mul.rz.sat.f32 %d1, %a1, %b1", f32(3), f32(5), 0, f32(1)},
    {"fma.rz.f32 %d1, %a1, %b1, %c1", 0x3f800001, 0x3f800001, f32(0x1p-60f), 0x3f800002},
    {"fma.rp.f32 %d1, %a1, %b1, %c1", f32(1), f32(1), f32(0x1p-60f), 0x3f800001},
    {"fma.rm.f32 %d1, %a1, %b1, %c1", f32(2), f32(3), f32(-6), f32(-0.0f)},
    {"add.f64 %d, %a, %b", std::bit_cast<uint64_t>(1.0), std::bit_cast<uint64_t>(2.0), 0,
     std::bit_cast<uint64_t>(3.0)},
    {"add.f16 %d0, %a0, %b0", 0x3c00, 0x3c00, 0, 0x4000},
    {"mul.bf16x2 %d1, %a1, %b1", 0x3f804000, 0x40003f80, 0, 0x40004000},
    {"fma.rn.f16 %d0, %a0, %b0, %c0", 0x3c01, 0x3c01, 0xbc02, 0x0010},
    {"neg.f16x2 %d1, %a1", 0x3c00bc00, 0, 0, 0xbc003c00},
    {"cvt.s32.s8 %d1, %a1", 0x80, 0, 0, 0xffffff80},
    {"cvt.u64.u32 %d, %a1", 0xffffffff, 0, 0, 0xffffffff},
    {"cvt.s64.s32 %d, %a1", 0xffffffff, 0, 0, ~0ull},
    {"cvt.sat.u8.s32 %d1, %a1", 300, 0, 0, 255},
    {"cvt.rzi.s32.f32 %d1, %a1", f32(-1.7f), 0, 0, 0xffffffff},
    {"cvt.rni.s32.f32 %d1, %a1", f32(2.5f), 0, 0, 2},
    {"cvt.rzi.u32.f32 %d1, %a1", f32(-1), 0, 0, 0},
    {"cvt.rzi.s32.f32 %d1, %a1", 0x7fc00000, 0, 0, 0},
    {"cvt.rn.f32.s32 %d1, %a1", 0x1000001, 0, 0, f32(16777216.0f)},
    {"cvt.rp.f32.s32 %d1, %a1", 0x1000001, 0, 0, f32(16777218.0f)},
    {"cvt.rn.f32.u64 %d1, %a", 0x8000008000000001, 0, 0, 0x5f000001},
    {"cvt.f32.f16 %d1, %a0", 0x3555, 0, 0, f32(0.333251953125f)},
    {"cvt.rn.bf16.f32 %d0, %a1", 0x3f808000, 0, 0, 0x3f80},
    {"cvt.rn.f16x2.f32 %d1, %a1, %b1", f32(1), f32(2), 0, 0x3c004000},
    {"cvt.rn.satfinite.e4m3x2.f32 %d0, %a1, %b1", f32(1), f32(1000), 0, 0x387e},
    {"cvt.rn.satfinite.e5m2x2.f32 %d0, %a1, %b1", f32(-1), f32(1e9f), 0, 0xbc7b},
    {"cvt.rn.f16x2.e4m3x2 %d1, %a0", 0x387f, 0, 0, 0x3c007fff},
    {"cvt.rz.ue8m0x2.f32 %d0, %a1, %b1", f32(1), f32(3), 0, 0x7f80},
};

class OneInstruction : public testing::TestWithParam<Case> {};

TEST_P(OneInstruction, GivesTheDefinedResult) {
  const Case& test = GetParam();
  KernelRunner runner(kernel_with_two_pointers(
      std::string(
          ".reg .b64 %d, %a, %b, %c;\n.reg .b32 %d1, %a1, %b1, %c1;\n"
          ".reg .b16 %d0, %a0, %b0, %c0;\nmov.b64 %d, 0;\nmov.b32 %d1, 0;\nmov.b16 %d0, 0;\n"
          "ld.global.b64 %a, [%in];\nld.global.b64 %b, [%in+8];\nld.global.b64 %c, [%in+16];\n"
          "cvt.u32.u64 %a1, %a;\ncvt.u32.u64 %b1, %b;\ncvt.u32.u64 %c1, %c;\n"
          "cvt.u16.u64 %a0, %a;\ncvt.u16.u64 %b0, %b;\ncvt.u16.u64 %c0, %c;\n") +
      test.instruction +
      ";\nst.global.b64 [%out], %d;\nst.global.b32 [%out+8], %d1;\nst.global.b16 [%out+12], %d0;"));
  const uint64_t out = runner.upload(std::vector<uint64_t>(2, 0));
  const uint64_t in = runner.upload(std::vector<uint64_t>{test.a, test.b, test.c});
  runner.launch("k", {1, 1, 1}, {32, 1, 1}, out, in);
  const auto result = runner.download<uint64_t>(out, 2);
  const std::string text = test.instruction;
  const size_t place = text.find("%d") + 2;
  const uint64_t actual = text[place] == '1'   ? result[1] & 0xffffffff
                          : text[place] == '0' ? result[1] >> 32
                                               : result[0];
  EXPECT_EQ(actual, test.expected) << text << " gave 0x" << std::hex << actual;
}

INSTANTIATE_TEST_SUITE_P(All, OneInstruction, testing::ValuesIn(kCases));

}  // namespace
}  // namespace emulator
