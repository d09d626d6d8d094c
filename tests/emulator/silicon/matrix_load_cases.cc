// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/matrix_cases.h"

namespace emulator::silicon {
namespace {

constexpr int kMaxRegisters = 4;
constexpr uint32_t kImageBytesOfWarp = 512;

// Each lane names a row of 16 bytes; the factor scatters them.
constexpr const char* kFrame = R"(.version 8.0
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)
{
.reg .b64 %out, %in, %word;
.reg .b32 %thread, %row, %chunk, %d<4>;
.shared .align 128 .b8 image[512];
ld.param.u64 %out, [k_param_0];
ld.param.u64 %in, [k_param_1];
mov.u32 %thread, %tid.x;
mul.wide.u32 %word, %thread, 16;
add.u64 %in, %in, %word;
add.u64 %out, %out, %word;
mov.u32 %row, image;
mad.lo.u32 %chunk, %thread, 16, %row;
ld.global.v4.b32 {%d0, %d1, %d2, %d3}, [%in];
st.shared.v4.b32 [%chunk], {%d0, %d1, %d2, %d3};
bar.sync 0;
mul.lo.u32 %thread, %thread, 13;
and.b32 %thread, %thread, 31;
mad.lo.u32 %row, %thread, 16, %row;
BODY
st.global.v4.b32 [%out], {%d0, %d1, %d2, %d3};
ret;
}
)";

SiliconCase make_case(const std::string& name, const std::string& body) {
  SiliconCase one;
  one.name = name;
  one.ptx = kFrame;
  one.ptx.replace(one.ptx.find("BODY"), 4, body);
  one.input = noise(kImageBytesOfWarp, 7);
  one.output.resize(kImageBytesOfWarp);
  one.num_threads = 32;
  return one;
}

std::string registers(int count) {
  std::string list = "{";
  for (int i = 0; i < count; ++i) list += (i ? ", %d" : "%d") + std::to_string(i);
  return list + "}";
}

}  // namespace

std::vector<SiliconCase> matrix_load_cases() {
  std::vector<SiliconCase> cases;
  for (int count = 1; count <= kMaxRegisters; count *= 2) {
    for (const char* trans : {"", ".trans"}) {
      const std::string form =
          ".sync.aligned.m8n8.x" + std::to_string(count) + trans + ".shared.b16 ";
      const std::string suffix = ".x" + std::to_string(count) + trans;
      cases.push_back(
          make_case("ldmatrix" + suffix, "ldmatrix" + form + registers(count) + ", [%row];"));
      cases.push_back(
          make_case("stmatrix" + suffix, "stmatrix" + form + "[%row], " + registers(count) +
                                             ";\nbar.sync 0;\n"
                                             "ld.shared.v4.b32 {%d0, %d1, %d2, %d3}, [%chunk];"));
    }
  }
  return cases;
}

}  // namespace emulator::silicon
