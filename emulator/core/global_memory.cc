// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/global_memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace emulator {
namespace {

constexpr uint64_t kAlignment = 256;
// Between allocations, so that a small step out of one does not land in the next.
constexpr uint64_t kGapBytes = 256;
// As a float, a double, an integer or an FP8 number this is far from anything expected.
constexpr int kPoison = 0xcd;

}  // namespace

uint64_t GlobalMemory::allocate(uint64_t bytes) {
  if (bytes == 0 || bytes > capacity_bytes_) return 0;
  const uint64_t padded = (bytes + kGapBytes + kAlignment - 1) / kAlignment * kAlignment;
  std::lock_guard lock(mutex_);
  if (used_bytes_ + padded > capacity_bytes_) return 0;
  auto* pointer = static_cast<std::byte*>(std::aligned_alloc(kAlignment, padded));
  if (!pointer) return 0;
  std::memset(pointer, kPoison, bytes);
  const auto address = reinterpret_cast<uint64_t>(pointer);
  blocks_[address] = {{address, bytes}, std::unique_ptr<std::byte, Freer>(pointer)};
  used_bytes_ += padded;
  return address;
}

bool GlobalMemory::free(uint64_t address) {
  std::lock_guard lock(mutex_);
  const auto it = blocks_.find(address);
  if (it == blocks_.end() || !it->second.storage) return false;
  used_bytes_ -=
      (it->second.allocation.bytes + kGapBytes + kAlignment - 1) / kAlignment * kAlignment;
  blocks_.erase(it);
  return true;
}

bool GlobalMemory::add_host_range(uint64_t address, uint64_t bytes) {
  std::lock_guard lock(mutex_);
  const auto after = blocks_.lower_bound(address + bytes);
  if (after != blocks_.begin()) {
    const Allocation& before = std::prev(after)->second.allocation;
    if (before.address + before.bytes > address) return false;
  }
  blocks_[address] = {{address, bytes}, nullptr};
  return true;
}

bool GlobalMemory::remove_host_range(uint64_t address) {
  std::lock_guard lock(mutex_);
  const auto it = blocks_.find(address);
  if (it == blocks_.end() || it->second.storage) return false;
  blocks_.erase(it);
  return true;
}

bool GlobalMemory::contains(uint64_t address, uint64_t bytes) const {
  std::lock_guard lock(mutex_);
  auto it = blocks_.upper_bound(address);
  if (it == blocks_.begin()) return false;
  return std::prev(it)->second.allocation.contains(address, address + bytes);
}

uint64_t GlobalMemory::used_bytes() const {
  std::lock_guard lock(mutex_);
  return used_bytes_;
}

std::vector<Allocation> GlobalMemory::snapshot() const {
  std::lock_guard lock(mutex_);
  std::vector<Allocation> allocations;
  allocations.reserve(blocks_.size());
  for (const auto& [address, block] : blocks_) allocations.push_back(block.allocation);
  return allocations;
}

bool AllocationCache::find(uint64_t first, uint64_t end) {
  const Allocation* allocation = nearest(first);
  if (!allocation || !allocation->contains(first, end)) return false;
  recent_[oldest_] = *allocation;
  oldest_ = (oldest_ + 1) % recent_.size();
  return true;
}

const Allocation* AllocationCache::nearest(uint64_t address) const {
  const auto after = std::ranges::upper_bound(allocations_, address, {}, &Allocation::address);
  return after == allocations_.begin() ? nullptr : &*std::prev(after);
}

std::string describe_global_access(const AllocationCache& allocations, uint64_t address,
                                   uint64_t bytes) {
  const std::string what = std::to_string(bytes) + " bytes of global memory";
  const Allocation* nearest = allocations.nearest(address);
  if (!nearest) return what + " that no allocation holds";
  return what + " at offset " + std::to_string(address - nearest->address) +
         " of an allocation of " + std::to_string(nearest->bytes) + " bytes";
}

}  // namespace emulator
