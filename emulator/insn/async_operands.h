// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "emulator/core/async_access.h"
#include "emulator/core/cta.h"

namespace emulator {

// The operands of asynchronous copies, checked; what is wrong is reported through the access.

// Shared memory at an address of the window or of the space, aligned to `alignment` bytes.
SharedPlace read_shared_place(const AsyncAccess& access, const Row& row, uint32_t alignment);
// As above, and in the memory of the lane's own CTA.
SharedPlace read_own_place(const AsyncAccess& access, const Row& row, uint32_t alignment);
uint64_t read_global_address(const AsyncAccess& access, const Row& row, uint32_t alignment);
// A size in bytes, a multiple of 16.
uint32_t read_bulk_size(const AsyncAccess& access, const Row& row);

// Where a copy writes, and the mbarrier that it signals there.
struct CopyTarget {
  SharedPlace destination;
  SharedPlace barrier;
};

// The targets of an instruction that copies to shared memory: one, or one for each CTA of a
// multicast mask. Checks that every barrier is one that the copy may signal (ISA 9.7.9.27.1.2).
std::vector<CopyTarget> read_targets(const AsyncAccess& access, const Row& destination,
                                     const Row& barrier, const Row* mask, uint32_t alignment);

// A copy of a bulk group as others come to know of it: that its sources were read, that its
// destinations were written.
struct GroupAccess {
  GroupAccess(const AsyncAccess& access, BulkGroups::Group group);

  AsyncAccess reading;
  AsyncAccess writing;
};
// The lane has waited for so many groups to read, or to write.
void finish_bulk_groups(const Warp& warp, int lane, BulkGroups::Stage stage, uint64_t count);

}  // namespace emulator
