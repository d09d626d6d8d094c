// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/ldmatrix.cuh"
#include "device/ptx/sync.cuh"
#include "device/sm90/decode_fp8_sums.cuh"
#include "device/sm90/prefill_storage.cuh"
#include "device/tile/prefill_walk.cuh"
#include "device/tile/ring.cuh"

namespace mla::sm90::prefill {

// Keys that one ldmatrix takes, 16 columns of them, and rows of a value tile that a warp has.
inline constexpr int kTransposedKeys = 32;

// Values of keys from num_keys on become 0 among the warp's own: they hold any bytes, and 0 * NaN
// is NaN.
template <PrefillConfig kConfig>
__device__ void clear_own_values(typename Storage<kConfig>::Values& values, int first_key,
                                 int end_key, int num_keys) {
  constexpr int kVectors = Storage<kConfig>::kValueChunkBytes / 16;
  uint4* vectors = reinterpret_cast<uint4*>(values.chunks[0][0]);
#pragma unroll 1
  for (int i = max(num_keys, first_key) * kVectors + ptx::laneid(); i < end_key * kVectors;
       i += 32) {
    vectors[i] = make_uint4(0, 0, 0, 0);
  }
  ptx::fence_proxy_async();  // the copy engine overwrites the stage next
  __syncwarp();
}

// Transposes the values of 32 keys, 16 columns at a time. ldmatrix brings pairs of neighbouring
// columns, which the permutations part, so that even columns are rows 0 to 7 of what is stored and
// odd ones rows 8 to 15.
template <PrefillConfig kConfig>
__device__ void transpose_keys(TransposedValues<kConfig>& to,
                               const typename Storage<kConfig>::Values& values, int first_key) {
  const int lane = ptx::laneid();
  const unsigned source =
      ptx::shared_address(values.chunks[0][first_key + lane]);  // lane % 8 is the row's swizzle
  const int row = 8 * (lane / 8 % 2) + lane % 8;
  const int chunk = first_key / 16 + lane / 16;
  const unsigned target = ptx::shared_address(to.columns[row]) + ((chunk ^ (lane % 8)) << 4);
#pragma unroll
  for (int block = 0; block < kConfig.d_v / 16; ++block) {
    unsigned words[4];
    ptx::ldmatrix_x4_trans(words, source + ((block ^ (lane % 8)) << 4));
    ValueLoader::permute(words);
    ptx::stmatrix_x4(target + block * 16 * TransposedValues<kConfig>::kRowBytes,
                     make_uint4(words[0], words[1], words[2], words[3]));
  }
}

// Role: two warps, each of which transposes half of the keys of every tile.
template <PrefillConfig kConfig>
__device__ void transpose_role(const PrefillParams& params, Storage<kConfig>& storage, int warp) {
  constexpr int kOwnKeys = kConfig.tile_kv / kTransposeWarps;
  const int first_key = warp * kOwnKeys;
  tile::Ring<Storage<kConfig>::kValueStages> ring;
  tile::PrefillWalk<kConfig> walk(params);
  tile::PrefillItem item;
  while (walk.next(item)) {
    for (int t = item.num_tiles - 1; t >= 0; --t, ring.advance()) {
      auto& values = storage.values[ring.stage];
      tile::wait(storage.loaded_full[ring.stage], ring.parity());
      const int num_keys = item.kv_len - t * kConfig.tile_kv;
      if (num_keys < first_key + kOwnKeys) {
        clear_own_values<kConfig>(values, first_key, first_key + kOwnKeys, num_keys);
      }
      tile::wait(storage.value_empty[ring.stage], ring.free_parity());
#pragma unroll 1
      for (int key = first_key; key < first_key + kOwnKeys; key += kTransposedKeys) {
        transpose_keys<kConfig>(storage.transposed.stages[ring.stage], values, key);
      }
      ptx::fence_proxy_async();
      __syncwarp();
      if (ptx::laneid() == 0) {
        ptx::mbarrier_arrive(storage.value_full[ring.stage]);
        ptx::mbarrier_arrive(storage.loaded_empty[ring.stage]);
      }
    }
  }
}

}  // namespace mla::sm90::prefill
