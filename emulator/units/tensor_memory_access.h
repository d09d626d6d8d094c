// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace emulator {

// A rectangle of tensor memory.
struct TensorMemoryRange {
  uint32_t lane = 0;
  uint32_t num_lanes = 0;
  uint32_t column = 0;
  uint32_t num_columns = 0;

  bool overlaps(const TensorMemoryRange& other) const {
    return lane < other.lane + other.num_lanes && other.lane < lane + num_lanes &&
           column < other.column + other.num_columns && other.column < column + num_columns;
  }
  bool contains(const TensorMemoryRange& other) const {
    return lane <= other.lane && other.lane + other.num_lanes <= lane + num_lanes &&
           column <= other.column && other.column + other.num_columns <= column + num_columns;
  }
};

// A tcgen05.ld or tcgen05.st that its warp has not waited for yet.
struct PendingAccess {
  uint32_t warp = 0;
  bool is_store = false;
  TensorMemoryRange range;
  int ptx_line = 0;
};

// What the warps of a CTA have under way between registers and tensor memory. The values move when
// the instruction is issued; what touches the same words before tcgen05.wait is a hazard, whatever
// the order in which hardware would have done it.
class PendingAccesses {
 public:
  // A store of what the same warp has loaded from the same words depends on that load, so that
  // waiting for the store is enough.
  void add(const PendingAccess& access) {
    if (access.is_store) {
      std::erase_if(accesses_, [&](const PendingAccess& earlier) {
        return !earlier.is_store && earlier.warp == access.warp &&
               access.range.contains(earlier.range);
      });
    }
    accesses_.push_back(access);
  }
  // tcgen05.wait::ld or tcgen05.wait::st of a warp.
  void finish(uint32_t warp, bool is_store) {
    std::erase_if(accesses_, [&](const PendingAccess& access) {
      return access.warp == warp && access.is_store == is_store;
    });
  }
  // A load (or a store) under way that touches the range, or null.
  const PendingAccess* find(const TensorMemoryRange& range, bool is_store) const {
    for (const PendingAccess& access : accesses_) {
      if (access.is_store == is_store && access.range.overlaps(range)) return &access;
    }
    return nullptr;
  }
  // A load under way that touches the range, of another warp than this one.
  const PendingAccess* find_load_of_others(const TensorMemoryRange& range, uint32_t warp) const {
    for (const PendingAccess& access : accesses_) {
      if (!access.is_store && access.warp != warp && access.range.overlaps(range)) return &access;
    }
    return nullptr;
  }

 private:
  std::vector<PendingAccess> accesses_;
};

}  // namespace emulator
