// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace emulator {

// A piece of device memory; its address is that of the host memory behind it.
struct Allocation {
  uint64_t address = 0;
  uint64_t bytes = 0;

  bool contains(uint64_t first, uint64_t end) const {
    return first >= address && end <= address + bytes && first < end;
  }
};

// The memory that kernels reach with global addresses.
class GlobalMemory {
 public:
  explicit GlobalMemory(uint64_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  // Aligned to 256 bytes and filled with a pattern that is no useful number; 0 when memory is
  // short.
  uint64_t allocate(uint64_t bytes);
  bool free(uint64_t address);

  // Memory of the host that kernels may use as well; it is not owned. False when it overlaps
  // memory that is known already.
  bool add_host_range(uint64_t address, uint64_t bytes);
  bool remove_host_range(uint64_t address);

  bool contains(uint64_t address, uint64_t bytes) const;
  uint64_t capacity_bytes() const { return capacity_bytes_; }
  uint64_t used_bytes() const;

  // Every allocation by address, as a launch sees them.
  std::vector<Allocation> snapshot() const;

 private:
  struct Freer {
    void operator()(std::byte* pointer) const { std::free(pointer); }
  };
  struct Block {
    Allocation allocation;
    std::unique_ptr<std::byte, Freer> storage;  // null for host ranges
  };

  mutable std::mutex mutex_;
  std::map<uint64_t, Block> blocks_;
  uint64_t capacity_bytes_;
  uint64_t used_bytes_ = 0;
};

// Looks addresses up in a snapshot; the allocations found last are tried first.
class AllocationCache {
 public:
  explicit AllocationCache(const std::vector<Allocation>& allocations)
      : allocations_(allocations) {}

  // True when [first, end) lies inside one allocation.
  bool contains(uint64_t first, uint64_t end) {
    for (const Allocation& recent : recent_) {
      if (recent.contains(first, end)) return true;
    }
    return find(first, end);
  }
  // The allocation before or around an address, for reports; null when there is none.
  const Allocation* nearest(uint64_t address) const;

 private:
  bool find(uint64_t first, uint64_t end);

  const std::vector<Allocation>& allocations_;
  std::array<Allocation, 4> recent_;
  size_t oldest_ = 0;
};

// "4 bytes of global memory at offset 128 of an allocation of 128 bytes", for reports.
std::string describe_global_access(const AllocationCache& allocations, uint64_t address,
                                   uint64_t bytes);

}  // namespace emulator
