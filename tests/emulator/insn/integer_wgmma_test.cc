// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/emulator/kernel_runner.h"

// wgmma on 8-bit integers: A and B without swizzle in shared memory, K-major, so that element
// (row, k) lies in core matrices of 8 rows and 16 bytes.
namespace emulator {
namespace {

constexpr int kRows = 64;
constexpr int kColumns = 16;
constexpr int kDepth = 32;
constexpr uint32_t kBeginOfB = kRows * kDepth;

struct Types {
  const char* a;
  const char* b;
  bool has_a_registers = false;
};

void PrintTo(const Types& types, std::ostream* out) {
  *out << types.a << " " << types.b << (types.has_a_registers ? " registers" : "");
}

uint8_t byte_at(int row, int k, int salt) {
  return static_cast<uint8_t>(37 * row + 11 * k + salt);
}

int value_of(uint8_t byte, const char* type) {
  return type[0] == 's' ? static_cast<int8_t>(byte) : byte;
}

// Core matrices follow each other along k (128 bytes), then along the rows (256).
size_t place(int row, int k) {
  return static_cast<size_t>(row / 8 * 256 + k / 16 * 128 + row % 8 * 16 + k % 16);
}

std::vector<uint8_t> image() {
  std::vector<uint8_t> bytes(kBeginOfB + kColumns * kDepth);
  for (int k = 0; k < kDepth; ++k) {
    for (int row = 0; row < kRows; ++row) bytes[place(row, k)] = byte_at(row, k, 5);
    for (int n = 0; n < kColumns; ++n) bytes[kBeginOfB + place(n, k)] = byte_at(n, k, 90);
  }
  return bytes;
}

// Register i of a lane holds four bytes of row lane / 4 + 8 (i % 2), from k = 4 (lane % 4) on.
constexpr const char* kLoadFragment = R"(
shr.u32 %t0, %thread, 5;
shl.b32 %t0, %t0, 9;
and.b32 %t1, %thread, 31;
shr.u32 %t2, %t1, 2;
shl.b32 %t2, %t2, 4;
add.u32 %t0, %t0, %t2;
and.b32 %t1, %t1, 3;
shl.b32 %t1, %t1, 2;
add.u32 %t0, %t0, %t1;
add.u32 %t0, %t0, %image;
ld.shared.b32 %a0, [%t0];
ld.shared.b32 %a1, [%t0+256];
ld.shared.b32 %a2, [%t0+128];
ld.shared.b32 %a3, [%t0+384];
)";

std::string kernel(const Types& types) {
  std::string text = R"(
.reg .b32 %image, %offset, %w, %t<3>, %a<4>, %d<8>;
.reg .b64 %place, %desc_a, %desc_b;
.reg .pred %p;
.shared .align 128 .b8 image[IMAGE];
mov.u32 %image, image;
mul.wide.u32 %place, %thread, 4;
add.u64 %in, %in, %place;
shl.b32 %offset, %thread, 2;
add.u32 %offset, %offset, %image;
add.u32 %w, %image, IMAGE;
fill:
ld.global.b32 %t0, [%in];
st.shared.b32 [%offset], %t0;
add.u64 %in, %in, 512;
add.u32 %offset, %offset, 512;
setp.lt.u32 %p, %offset, %w;
@%p bra fill;
fence.proxy.async.shared::cta;
bar.sync 0;
shr.u32 %offset, %image, 4;
cvt.u64.u32 %desc_a, %offset;
or.b64 %desc_a, %desc_a, 0x1000080000;
add.u64 %desc_b, %desc_a, 128;
)";
  for (size_t at; (at = text.find("IMAGE")) != std::string::npos;) {
    text.replace(at, 5, std::to_string(kBeginOfB + kColumns * kDepth));
  }
  if (types.has_a_registers) text += kLoadFragment;
  for (int i = 0; i < 8; ++i) text += "mov.b32 %d" + std::to_string(i) + ", 1000;\n";
  text += "setp.eq.u32 %p, 0, 0;\nwgmma.fence.sync.aligned;\n";
  text += std::string("wgmma.mma_async.sync.aligned.m64n16k32.s32.") + types.a + "." + types.b;
  text += " {%d0, %d1, %d2, %d3, %d4, %d5, %d6, %d7}, ";
  text += types.has_a_registers ? "{%a0, %a1, %a2, %a3}" : "%desc_a";
  text +=
      ", %desc_b, %p;\nwgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;\n"
      "add.u64 %out, %out, %place;\n";
  for (int i = 0; i < 8; ++i) {
    text += "st.global.b32 [%out+" + std::to_string(512 * i) + "], %d" + std::to_string(i) + ";\n";
  }
  return text;
}

class IntegerWgmma : public testing::TestWithParam<Types> {};

TEST_P(IntegerWgmma, MultipliesAndAdds) {
  const Types types = GetParam();
  std::string module = kernel_with_two_pointers(kernel(types));
  module.replace(module.find("sm_100a"), 7, "sm_90a");
  KernelRunner runner(module);
  const uint64_t out = runner.allocate(size_t{4} * kRows * kColumns);
  runner.launch("k", {1, 1, 1}, {128, 1, 1}, out, runner.upload(image()));
  const auto words = runner.download<uint32_t>(out, size_t{kRows} * kColumns);
  for (int thread = 0; thread < 128; ++thread) {
    for (int i = 0; i < 8; ++i) {
      const int row = thread / 32 * 16 + thread % 32 / 4 + 8 * (i / 2 % 2);
      const int column = 8 * (i / 4) + thread % 4 * 2 + i % 2;
      int expected = 1000;
      for (int k = 0; k < kDepth; ++k) {
        expected +=
            value_of(byte_at(row, k, 5), types.a) * value_of(byte_at(column, k, 90), types.b);
      }
      const auto actual = static_cast<int32_t>(words[static_cast<size_t>(128 * i + thread)]);
      ASSERT_EQ(actual, expected) << "row " << row << ", column " << column;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(TypesAndPlaces, IntegerWgmma,
                         testing::Values(Types{"s8", "s8"}, Types{"u8", "u8"}, Types{"s8", "u8"},
                                         Types{"u8", "s8", true}, Types{"s8", "s8", true}));

}  // namespace
}  // namespace emulator
