// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/sm90/decode_f16_storage.cuh"

namespace mla::sm90::seesaw {

using f16::KeyStorage;
using f16::kKeyGroups;
using f16::kRopeGroup;

// Roles, one warpgroup each; see decode_seesaw.cuh.
enum Role : int { kLeader = 0, kFollower = 1, kLoader = 2 };
inline constexpr int kDecodeThreads = 3 * 128;
inline constexpr int kGroupWarps = 4;  // of a warpgroup
inline constexpr int kNumHalves = 2;   // of the value columns: the leader's and the follower's

// Named barriers: of the leader, of the follower, of both.
inline constexpr int kHalfBarrier = 1;
inline constexpr int kBothBarrier = 3;

// The group of a key tile's chunks that holds a half of the value columns.
constexpr int half_group(int half) {
  return 1 + half;
}

// What one warpgroup knows of a row when a piece ends; the other one knows the rest.
struct RowShare {
  float weight;   // probabilities of its tiles as rounded, summed
  float sum;      // the same before rounding
  float largest;  // finite magnitude in its columns
};

// Shared memory of the kernel. The leader's probabilities lie in `p` as an operand of the
// follower's product, so that this starts without the warp; the follower's lie in the rope chunk of
// the tile that they weigh, whose scores are done, lane for lane as the leader's registers.
template <DecodeConfig kConfig>
struct Storage : KeyStorage<kConfig> {
  using typename KeyStorage<kConfig>::Chunk;
  static constexpr int kTileRows = KeyStorage<kConfig>::kTileRows;
  static constexpr int kSteps = KeyStorage<kConfig>::kSteps;
  using LanesOfP = uint4[kGroupWarps][kSteps][32];
  static_assert(sizeof(LanesOfP) == sizeof(Chunk));

  __device__ Chunk& operand_p() { return reinterpret_cast<Chunk&>(this->p); }
  __device__ LanesOfP& lanes_of_p(int stage) {
    return reinterpret_cast<LanesOfP&>(this->kv[stage].chunks[KeyStorage<kConfig>::kRopeChunk]);
  }

  float references[kTileRows];  // that the probabilities are relative to, where those have moved
  bool has_moved[kGroupWarps];
  RowShare shares[kNumHalves][kTileRows];  // of a finished piece

  ptx::Barrier chunk_full[KeyStorage<kConfig>::kKvStages][KeyStorage<kConfig>::kLatentChunks + 1];
  ptx::Barrier p_full[kNumHalves];  // by the leader, by the follower
};

// What the host asks of a launch (device/abi/decode_config.h counts without these types).
template <DecodeConfig kConfig>
inline constexpr bool kFitsPlannedSmem =
    sizeof(Storage<kConfig>) <= sm90_decode_f16_smem_bytes(kConfig);

}  // namespace mla::sm90::seesaw
