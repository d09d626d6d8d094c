// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// Loads and stores of global memory, one instruction each, named after it. They are volatile, so
// that none moves above griddepcontrol_wait. Plain ld and not ld.nc: with programmatic dependent
// launch the data may have been written after this kernel started, which ld.nc does not allow for.
namespace mla::ptx {

// PTX ISA: Data Movement, ld.
__device__ inline void ld_global(uint4& value, const void* address) {
  asm volatile("ld.global.v4.b32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(address));
}

__device__ inline void ld_global(uint2& value, const void* address) {
  asm volatile("ld.global.v2.b32 {%0, %1}, [%2];" : "=r"(value.x), "=r"(value.y) : "l"(address));
}

__device__ inline void ld_global(unsigned& value, const void* address) {
  asm volatile("ld.global.b32 %0, [%1];" : "=r"(value) : "l"(address));
}

__device__ inline void ld_global(unsigned short& value, const void* address) {
  asm volatile("ld.global.b16 %0, [%1];" : "=h"(value) : "l"(address));
}

__device__ inline float ld_global(const float* address) {
  float value;
  asm volatile("ld.global.f32 %0, [%1];" : "=f"(value) : "l"(address));
  return value;
}

// PTX ISA: Data Movement, st.
__device__ inline void st_global(void* address, const uint4& value) {
  asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(address), "r"(value.x),
               "r"(value.y), "r"(value.z), "r"(value.w)
               : "memory");
}

__device__ inline void st_global(void* address, const uint2& value) {
  asm volatile("st.global.v2.b32 [%0], {%1, %2};" ::"l"(address), "r"(value.x), "r"(value.y)
               : "memory");
}

__device__ inline void st_global(void* address, unsigned value) {
  asm volatile("st.global.b32 [%0], %1;" ::"l"(address), "r"(value) : "memory");
}

__device__ inline void st_global(void* address, unsigned short value) {
  asm volatile("st.global.b16 [%0], %1;" ::"l"(address), "h"(value) : "memory");
}

__device__ inline void st_global(void* address, unsigned char value) {
  asm volatile("st.global.b8 [%0], %1;" ::"l"(address), "r"(unsigned(value)) : "memory");
}

__device__ inline void st_global(float* address, float value) {
  asm volatile("st.global.f32 [%0], %1;" ::"l"(address), "f"(value) : "memory");
}

}  // namespace mla::ptx
