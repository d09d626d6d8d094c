// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "emulator/core/async_queue.h"
#include "emulator/core/tensor_operations.h"
#include "emulator/units/tensor_memory.h"
#include "emulator/units/tensor_memory_access.h"

namespace emulator {

// An allocation of .cta_group::2 that waits for the warp of the peer CTA.
struct PairAllocation {
  uint32_t warp = 0;
  uint32_t num_columns = 0;
  std::optional<uint32_t> column;  // once both have come and space was found
};

// The tensor core of one CTA (ISA 9.7.16): its memory, and what its instructions have to agree on.
struct TensorCore {
  TensorMemory memory;
  PendingAccesses accesses;
  TensorMemoryHistory history;
  AsyncQueue::Pipe pipe = 0;      // of its operations; a pair uses that of the even CTA
  int cta_group = 0;              // of the first instruction; all others must name the same
  uint32_t last_num_columns = 0;  // of the last allocation: later ones must not be larger
  bool has_relinquished = false;  // no allocation any more
  std::optional<PairAllocation> pair_allocation;
  uint32_t num_pair_deallocations = 0;
};

}  // namespace emulator
