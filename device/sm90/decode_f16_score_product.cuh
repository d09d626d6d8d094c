// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/wgmma_f16.cuh"
#include "device/sm90/decode_f16_storage.cuh"

namespace mla::sm90::f16 {

// The query, or a key tile, as an operand of the score product.
template <DecodeConfig kConfig>
__device__ __forceinline__ ptx::MatrixDescriptor score_operand(
    const typename KeyStorage<kConfig>::Tile& tile) {
  return ptx::matrix_descriptor(ptx::shared_address(&tile), 8 * KeyStorage<kConfig>::kChunkBytes,
                                ptx::MatrixSwizzle::k128B);
}

// Adds chunks [begin, end) of Q K^T to S[64 rows, 64 keys].
template <DecodeConfig kConfig>
__device__ __forceinline__ void add_chunks(float (&scores)[32], ptx::MatrixDescriptor query,
                                           ptx::MatrixDescriptor keys, int begin, int end,
                                           bool accumulate) {
  constexpr int kStepBytes = 32;
#pragma unroll
  for (int chunk = begin; chunk < end; ++chunk) {
#pragma unroll
    for (int byte = 0; byte < KeyStorage<kConfig>::kChunkBytes; byte += kStepBytes) {
      const int offset = chunk * int{sizeof(typename KeyStorage<kConfig>::Chunk)} + byte;
      ptx::wgmma_m64n64<kConfig.dtype>(scores, query.moved(offset), keys.moved(offset),
                                       accumulate || byte != 0);
    }
    accumulate = true;
  }
}

}  // namespace mla::sm90::f16
