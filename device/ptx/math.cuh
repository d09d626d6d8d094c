// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

namespace mla {

inline constexpr float kInfinity = __builtin_bit_cast(float, 0x7f800000u);

}  // namespace mla

namespace mla::ptx {

// PTX ISA: Floating Point, ex2. 2^x within 2 ulp; 2^-inf is 0.
__device__ inline float ex2_approx(float x) {
  float y;
  asm("ex2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// The same with subnormal inputs and results flushed to 0: one instruction where the other takes
// four.
__device__ inline float ex2_approx_ftz(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// PTX ISA: Floating Point, lg2. The absolute error is below 2^-22 for x in [0.5, 2].
__device__ inline float lg2_approx(float x) {
  float y;
  asm("lg2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// PTX ISA: Half Precision Floating Point, add, on two float16.
__device__ inline unsigned add_rn_f16x2(unsigned a, unsigned b) {
  unsigned sum;
  asm("add.rn.f16x2 %0, %1, %2;" : "=r"(sum) : "r"(a), "r"(b));
  return sum;
}

}  // namespace mla::ptx
