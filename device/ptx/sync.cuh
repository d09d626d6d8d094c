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

// A value that the compiler computes anew where it stands: what is made of it stays in a loop,
// rather than in registers all the time.
__device__ __forceinline__ unsigned opaque(unsigned value) {
  asm volatile("" : "+r"(value));
  return value;
}

// Has a variable live in local memory, so that it takes no registers of the loops between its uses.
template <typename T>
__device__ __forceinline__ void keep_in_memory(T& variable) {
  asm volatile("" ::"l"(&variable) : "memory");
}

// A value that all lanes of a warp agree on, which the shuffle tells the compiler: what is made of
// it takes uniform registers and instructions, rather than being moved there for every product.
__device__ __forceinline__ int uniform(int value) {
  return __shfl_sync(~0u, value, 0);
}

// The same object of shared memory, whose address the compiler keeps in a uniform register: it
// would read a special register again for every use, which takes some 60 clocks.
template <typename T>
__device__ __forceinline__ T& hold_address(T& object) {
  const auto address = static_cast<unsigned>(__cvta_generic_to_shared(&object));
  return *static_cast<T*>(__cvta_shared_to_generic(static_cast<unsigned>(uniform(address))));
}

// Which warp of its warpgroup this is.
__device__ __forceinline__ int warp_in_group() {
  return uniform(static_cast<int>(threadIdx.x) / 32 % 4);
}

}  // namespace mla::ptx
