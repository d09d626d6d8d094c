// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// Fences, register budgets and the thread's place, one instruction each.
namespace mla::ptx {

// PTX ISA "membar / fence": makes this thread's shared-memory writes visible to the tensor cores
// and the copy engine (the async proxy).
__device__ __forceinline__ void fence_proxy_async() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

// PTX ISA "bar": named barrier `index` (0 is __syncthreads) of num_threads threads.
__device__ __forceinline__ void barrier_sync(int index, int num_threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(index), "r"(num_threads) : "memory");
}

// PTX ISA "elect.sync": true in one lane of a converged warp, which the compiler knows to be one.
__device__ __forceinline__ bool elect_sync() {
  unsigned is_elected;
  asm volatile(
      "{\n"
      ".reg .pred elected;\n"
      "elect.sync _|elected, 0xffffffff;\n"
      "selp.u32 %0, 1, 0, elected;\n"
      "}\n"
      : "=r"(is_elected));
  return is_elected != 0;
}

// PTX ISA "setmaxnreg": the calling warpgroup gives registers back, or takes more.
template <int kRegisters>
__device__ __forceinline__ void setmaxnreg_dec() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

template <int kRegisters>
__device__ __forceinline__ void setmaxnreg_inc() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

// The lane, read once: the compiler would read the special register again in every loop, which
// takes some 60 clocks each time, rather than keep it.
__device__ __forceinline__ int laneid() {
  int lane;
  asm volatile("mov.u32 %0, %%laneid;" : "=r"(lane));
  return lane;
}

// Has a variable live in local memory, so that it takes no registers of the loops between its uses.
template <typename T>
__device__ __forceinline__ void keep_in_memory(T& variable) {
  asm volatile("" ::"l"(&variable) : "memory");
}

// Which warp of its warpgroup this is; the shuffle tells the compiler that a warp agrees on it.
__device__ __forceinline__ int warp_in_group() {
  return __shfl_sync(~0u, static_cast<int>(threadIdx.x) / 32 % 4, 0);
}

}  // namespace mla::ptx
