// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>
#include <random>

#include "tests/emulator/silicon/cases.h"

namespace emulator::silicon {
namespace {

constexpr uint32_t kThreads = 1024;
constexpr uint32_t kNumPairs = 1u << 16;

// Divides pairs of f32, one after the other.
constexpr const char* kFrame = R"(.version 8.0
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)
{
.reg .b64 %out, %in, %word;
.reg .b32 %index;
.reg .f32 %a, %b;
.reg .pred %more;
ld.param.u64 %out, [k_param_0];
ld.param.u64 %in, [k_param_1];
mov.u32 %index, %tid.x;
mul.wide.u32 %word, %index, 4;
add.u64 %out, %out, %word;
mul.wide.u32 %word, %index, 8;
add.u64 %in, %in, %word;
next:
ld.global.v2.f32 {%a, %b}, [%in];
FUNCTION %a, %a, %b;
st.global.f32 [%out], %a;
add.u64 %in, %in, 8192;
add.u64 %out, %out, 4096;
add.u32 %index, %index, 1024;
setp.lt.u32 %more, %index, 65536;
@%more bra next;
ret;
}
)";

// Any bits: every exponent, subnormal numbers, infinities and NaNs among them.
std::vector<uint8_t> pairs() {
  std::mt19937 random(1);
  std::vector<uint8_t> bytes(size_t{8} * kNumPairs);
  for (size_t at = 0; at < bytes.size(); at += 4) {
    const auto word = static_cast<uint32_t>(random());
    std::memcpy(bytes.data() + at, &word, 4);
  }
  return bytes;
}

}  // namespace

std::vector<SiliconCase> division_cases() {
  std::vector<SiliconCase> cases;
  for (const std::string function :
       {"div.approx.f32", "div.approx.ftz.f32", "div.full.f32", "div.full.ftz.f32"}) {
    SiliconCase one;
    one.name = function;
    one.ptx = kFrame;
    one.ptx.replace(one.ptx.find("FUNCTION"), 8, function);
    one.input = pairs();
    one.output.resize(size_t{4} * kNumPairs);
    one.num_threads = kThreads;
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace emulator::silicon
