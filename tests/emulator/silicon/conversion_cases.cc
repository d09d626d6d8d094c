// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>

#include "tests/emulator/silicon/matrix_cases.h"

namespace emulator::silicon {
namespace {

constexpr uint32_t kNumValues = 1 << 16;

// One word in, one word out, for all values; the body makes %y of %x, and may use %h0 and %h1 of 16
// bits and %z of 32.
constexpr const char* kFrame = R"(.version 8.0
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)
{
.reg .b64 %out, %in, %word;
.reg .b32 %index, %x, %y, %z;
.reg .b16 %h<2>;
.reg .pred %more;
ld.param.u64 %out, [k_param_0];
ld.param.u64 %in, [k_param_1];
mov.u32 %index, %tid.x;
mul.wide.u32 %word, %index, 4;
add.u64 %in, %in, %word;
add.u64 %out, %out, %word;
next:
ld.global.b32 %x, [%in];
BODY
st.global.b32 [%out], %y;
add.u64 %in, %in, 4096;
add.u64 %out, %out, 4096;
add.u32 %index, %index, 1024;
setp.lt.u32 %more, %index, 65536;
@%more bra next;
ret;
}
)";

// Every pattern of the upper 16 bits; the lower ones make ties, near misses and noise.
uint32_t f32_sample(uint32_t i) {
  constexpr uint32_t kLow[] = {0, 0x8000, 0x1000, 0x0fff, 0x1001, 0x3000, 0x7fff, 0xffff};
  const uint32_t noise = i * 2654435761u >> 16;
  return i << 16 | ((i >> 3) % 2 ? noise : kLow[i % 8]);
}

SiliconCase make_case(const std::string& name, const std::string& body, bool is_f32) {
  SiliconCase one;
  one.name = name;
  one.ptx = kFrame;
  one.ptx.replace(one.ptx.find("BODY"), 4, body);
  one.input.resize(size_t{4} * kNumValues);
  for (uint32_t i = 0; i < kNumValues; ++i) {
    const uint32_t value = is_f32 ? f32_sample(i) : (~i << 16 | i);
    std::memcpy(one.input.data() + size_t{4} * i, &value, 4);
  }
  one.output.resize(one.input.size());
  one.num_threads = 1024;
  return one;
}

SiliconCase narrow_to_f32(const std::string& type) {
  return make_case("cvt.f32." + type, "mov.b32 {%h0, %h1}, %x;\ncvt.f32." + type + " %y, %h0;",
                   false);
}
SiliconCase f32_to_narrow(const std::string& form) {
  return make_case("cvt." + form, "cvt." + form + " %h0, %x;\ncvt.u32.u16 %y, %h0;", true);
}
SiliconCase f32_pair(const std::string& form) {
  return make_case("cvt." + form,
                   "xor.b32 %z, %x, 0x85a5a5a5;\ncvt." + form +
                       " %h0, %x, %z;\n"
                       "cvt.u32.u16 %y, %h0;",
                   true);
}
SiliconCase f16_pair_to_fp8(const std::string& form) {
  return make_case("cvt." + form, "cvt." + form + " %h0, %x;\ncvt.u32.u16 %y, %h0;", false);
}
SiliconCase fp8_pair_to_f16(const std::string& form) {
  return make_case("cvt." + form, "mov.b32 {%h0, %h1}, %x;\ncvt." + form + " %y, %h0;", false);
}

}  // namespace

std::vector<SiliconCase> conversion_cases() {
  std::vector<SiliconCase> cases{
      narrow_to_f32("f16"),
      narrow_to_f32("bf16"),
      fp8_pair_to_f16("rn.f16x2.e4m3x2"),
      fp8_pair_to_f16("rn.f16x2.e5m2x2"),
      fp8_pair_to_f16("rn.relu.f16x2.e4m3x2"),
      f16_pair_to_fp8("rn.satfinite.e4m3x2.f16x2"),
      f16_pair_to_fp8("rn.satfinite.e5m2x2.f16x2"),
      f16_pair_to_fp8("rn.satfinite.relu.e4m3x2.f16x2"),
      f32_pair("rn.satfinite.e4m3x2.f32"),
      f32_pair("rn.satfinite.e5m2x2.f32"),
      f32_pair("rn.satfinite.relu.e4m3x2.f32"),
  };
  for (const char* form :
       {"rn.f16.f32", "rz.f16.f32", "rn.bf16.f32", "rz.bf16.f32", "rn.relu.f16.f32"}) {
    cases.push_back(f32_to_narrow(form));
  }
  for (const char* form : {"rn.f16x2.f32", "rz.bf16x2.f32", "rn.bf16x2.f32"}) {
    cases.push_back(
        make_case(std::string("cvt.") + form,
                  std::string("xor.b32 %z, %x, 0x85a5a5a5;\ncvt.") + form + " %y, %x, %z;", true));
  }
  cases.push_back(make_case("cvt.rna.tf32.f32", "cvt.rna.tf32.f32 %y, %x;", true));
  for (const char* form : {"rni", "rzi", "rmi", "rpi"}) {
    cases.push_back(make_case(std::string("cvt.") + form + ".s32.f32",
                              std::string("cvt.") + form + ".s32.f32 %y, %x;", true));
  }
  return cases;
}

}  // namespace emulator::silicon
