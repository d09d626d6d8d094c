// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// PTX ISA "ldmatrix", "stmatrix" and small register permutations that go with it.
namespace mla::ptx {

// Four 8 x 8 matrices of 16-bit elements, each transposed: lane l gives the address of row l % 8 of
// matrix l / 8 and receives elements [2 * (l % 4)] and [2 * (l % 4) + 1] of column l / 4 of each.
__device__ __forceinline__ void ldmatrix_x4_trans(unsigned (&r)[4], unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}

// Stores four 8 x 8 matrices of 16-bit elements: lane l gives the address of row l % 8 of matrix
// l / 8 and elements [2 * (l % 4)] and [2 * (l % 4) + 1] of row l / 4 of each.
__device__ __forceinline__ void stmatrix_x4(unsigned address, uint4 r) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address),
               "r"(r.x), "r"(r.y), "r"(r.z), "r"(r.w)
               : "memory");
}

__device__ __forceinline__ unsigned prmt(unsigned low, unsigned high, unsigned selector) {
  unsigned result;
  asm("prmt.b32 %0, %1, %2, %3;" : "=r"(result) : "r"(low), "r"(high), "r"(selector));
  return result;
}

}  // namespace mla::ptx
