// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <string>

#include "tests/emulator/silicon/cases.h"

namespace emulator::silicon {
namespace {

// Applies a function to COUNT bit patterns; the body makes %x of %index.
constexpr const char* kFrame = R"(.version 8.0
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)
{
.reg .b64 %out, %word;
.reg .b32 %index, %x, %y;
.reg .pred %more;
ld.param.u64 %out, [k_param_0];
mov.u32 %index, %tid.x;
mul.wide.u32 %word, %index, 4;
add.u64 %out, %out, %word;
next:
BODY
FUNCTION %y, %x;
st.global.b32 [%out], %y;
add.u64 %out, %out, 4096;
add.u32 %index, %index, 1024;
setp.lt.u32 %more, %index, COUNT;
@%more bra next;
ret;
}
)";

void replace(std::string& text, const std::string& what, const std::string& with) {
  text.replace(text.find(what), what.size(), with);
}

SiliconCase make_case(const std::string& function, const std::string& range,
                      const std::string& body, uint32_t count) {
  SiliconCase one;
  one.name = function + "." + range;
  one.ptx = kFrame;
  replace(one.ptx, "BODY", body);
  replace(one.ptx, "FUNCTION", function);
  replace(one.ptx, "COUNT", std::to_string(count));
  one.input.resize(4096);  // not read
  one.output.resize(size_t{4} * count);
  one.num_threads = 1024;
  return one;
}

// Every number between two powers of two, from the one with these bits on.
SiliconCase dense(const std::string& function, const std::string& range, uint32_t first) {
  return make_case(function, range, "add.u32 %x, %index, " + std::to_string(first) + ";", 1 << 23);
}

// Every pattern of the upper 16 bits, the lower ones scattered.
SiliconCase everywhere(const std::string& function) {
  return make_case(function, "everywhere",
                   "mul.lo.u32 %x, %index, 40503;\nand.b32 %x, %x, 65535;\n"
                   "shl.b32 %y, %index, 16;\nor.b32 %x, %x, %y;",
                   1 << 16);
}

}  // namespace

std::vector<SiliconCase> approximation_cases() {
  const std::string exp2 = "ex2.approx.ftz.f32";
  const std::string log2 = "lg2.approx.ftz.f32";
  std::vector<SiliconCase> all = {dense(exp2, "one_to_two", 0x3f800000),
                                  dense(exp2, "quarter_to_half", 0x3e800000),
                                  dense(exp2, "minus_half_to_minus_one", 0xbf000000),
                                  dense(exp2, "minus_sixteen_to_minus_32", 0xc1800000),
                                  dense(log2, "half_to_one", 0x3f000000),
                                  dense(log2, "one_to_two", 0x3f800000),
                                  dense(log2, "two_to_four", 0x40000000),
                                  dense(log2, "32_to_64", 0x42000000),
                                  dense("rcp.approx.ftz.f32", "one_to_two", 0x3f800000)};
  for (const std::string root : {"sqrt.approx.ftz.f32", "rsqrt.approx.ftz.f32"}) {
    all.push_back(dense(root, "one_to_two", 0x3f800000));
    all.push_back(dense(root, "two_to_four", 0x40000000));
  }
  for (const std::string function : {"ex2", "lg2", "rcp", "sqrt", "rsqrt"}) {
    all.push_back(everywhere(function + ".approx.f32"));
    all.push_back(everywhere(function + ".approx.ftz.f32"));
  }
  return all;
}

}  // namespace emulator::silicon
