// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// PTX ISA: Floating Point, add, mul and fma on two float32 at once: one issue slot for both, sm_100
// and later.
namespace mla::ptx {

#define MLA_F32X2(instruction, c)                                              \
  float2 d;                                                                    \
  asm("{\n.reg .b64 a, b, c, d;\nmov.b64 a, {%2, %3};\nmov.b64 b, {%4, %5};\n" \
      "mov.b64 c, {%6, %7};\n" instruction ";\nmov.b64 {%0, %1}, d;\n}\n"      \
      : "=f"(d.x), "=f"(d.y)                                                   \
      : "f"(a.x), "f"(a.y), "f"(b.x), "f"(b.y), "f"(c.x), "f"(c.y));           \
  return d

__device__ inline float2 add_rn_f32x2(float2 a, float2 b) {
  MLA_F32X2("add.rn.f32x2 d, a, b", b);
}

__device__ inline float2 mul_rn_f32x2(float2 a, float2 b) {
  MLA_F32X2("mul.rn.f32x2 d, a, b", b);
}

__device__ inline float2 fma_rn_f32x2(float2 a, float2 b, float2 c) {
  MLA_F32X2("fma.rn.f32x2 d, a, b, c", c);
}

#undef MLA_F32X2

}  // namespace mla::ptx
