// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/ptx/mbarrier.cuh"

namespace mla::tile {

__device__ __forceinline__ void wait(ptx::Barrier& barrier, unsigned parity) {
  while (!ptx::mbarrier_try_wait_parity(barrier, parity)) {
  }
}

// Where a role stands in a ring of buffers. A consumer waits for parity(); a producer, who finds
// every buffer empty at first, for free_parity().
template <int kStages>
struct Ring {
  int stage = 0;
  unsigned phase = 0;

  __device__ unsigned parity() const { return phase; }
  __device__ unsigned free_parity() const { return phase ^ 1; }

  __device__ void advance() {
    if (++stage == kStages) {
      stage = 0;
      phase ^= 1;
    }
  }
};

}  // namespace mla::tile
