// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/async_access.h"

#include <cstring>

#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"

namespace emulator {

uint64_t shared_address(const SharedPlace& place) {
  return (uint64_t{place.cta->rank} << kSharedRankShift) | place.offset;
}

void AsyncAccess::fail(FaultKind kind, const std::string& message, uint64_t address) const {
  warp_->fail(kind, *instruction_, message, lane_, address);
}

void AsyncAccess::check_global(uint64_t address, uint64_t bytes) const {
  AllocationCache& allocations = warp_->cta().cluster.allocations;
  if (allocations.contains(address, address + bytes)) return;
  fail(FaultKind::kOutOfBounds, describe_global_access(allocations, address, bytes), address);
}

void AsyncAccess::observe_global(uint64_t address, uint64_t bytes, bool is_write) const {
  if (Observer* observer = warp_->cta().cluster.observer) {
    observer->on_async_global(*warp_, *instruction_, lane_, address, bytes, is_write);
  }
}

void AsyncAccess::check_shared(const SharedPlace& place, uint64_t bytes) const {
  const std::string owner = "shared memory of CTA rank " + std::to_string(place.cta->rank);
  if (place.cta->is_finished()) {
    fail(FaultKind::kAsyncMisuse, owner + " is accessed after that CTA has ended",
         shared_address(place));
  }
  if (!place.cta->shared.contains(place.offset, static_cast<uint32_t>(bytes))) {
    fail(FaultKind::kOutOfBounds,
         std::to_string(bytes) + " bytes of " + owner + ", which ends at offset " +
             std::to_string(place.cta->shared.end()),
         shared_address(place));
  }
}

void AsyncAccess::read_global(uint64_t address, std::span<uint8_t> to) const {
  check_global(address, to.size());
  observe_global(address, to.size(), false);
  operation_.read_global(address, static_cast<uint32_t>(to.size()));
  std::memcpy(to.data(), reinterpret_cast<const void*>(address), to.size());
}

void AsyncAccess::write_global(uint64_t address, std::span<const uint8_t> from) const {
  check_global(address, from.size());
  observe_global(address, from.size(), true);
  operation_.write_global(address, static_cast<uint32_t>(from.size()));
  std::memcpy(reinterpret_cast<void*>(address), from.data(), from.size());
}

uint8_t* AsyncAccess::update_global(uint64_t address, uint32_t bytes) const {
  check_global(address, bytes);
  observe_global(address, bytes, true);
  operation_.reduce_global(address, bytes);
  return reinterpret_cast<uint8_t*>(address);
}

void AsyncAccess::read_shared(const SharedPlace& from, std::span<uint8_t> to) const {
  const auto size = static_cast<uint32_t>(to.size());
  check_shared(from, size);
  SharedMemory& memory = from.cta->shared;
  const uint32_t bad = memory.find_uninitialised(from.offset, size);
  if (bad != size) {
    fail(FaultKind::kUninitialisedShared,
         "an asynchronous read of shared memory where nothing was written",
         shared_address({from.cta, from.offset + bad}));
  }
  operation_.read_shared(*from.cta, from.offset, size);
  std::memcpy(to.data(), memory.at(from.offset), size);
}

void AsyncAccess::write_shared(const SharedPlace& to, std::span<const uint8_t> from) const {
  const auto size = static_cast<uint32_t>(from.size());
  uint8_t* memory = change_shared(to, size);
  operation_.write_shared(*to.cta, to.offset, size);
  std::memcpy(memory, from.data(), size);
}

uint8_t* AsyncAccess::update_shared(const SharedPlace& place, uint32_t bytes) const {
  uint8_t* memory = change_shared(place, bytes);
  operation_.reduce_shared(*place.cta, place.offset, bytes);
  return memory;
}

uint8_t* AsyncAccess::change_shared(const SharedPlace& place, uint32_t bytes) const {
  check_shared(place, bytes);
  SharedMemory& memory = place.cta->shared;
  if (memory.overlaps_mbarrier(place.offset, bytes)) {
    fail(FaultKind::kMbarrierMisuse, "an asynchronous write to a live mbarrier",
         shared_address(place));
  }
  memory.set_state(place.offset, bytes, ByteState::kInitialised);
  return memory.at(place.offset);
}

void AsyncAccess::claim_source(const SharedPlace& place, uint32_t bytes) const {
  check_shared(place, bytes);
  if (place.cta->shared.has_state(place.offset, bytes, ByteState::kBeingWritten)) {
    fail(FaultKind::kAsyncMisuse, "the source is still being written by another asynchronous copy",
         shared_address(place));
  }
  place.cta->shared.add_state(place.offset, bytes, ByteState::kBeingRead);
}

void AsyncAccess::release_source(const SharedPlace& place, uint32_t bytes) const {
  place.cta->shared.remove_state(place.offset, bytes, ByteState::kBeingRead);
}

void AsyncAccess::claim_destination(const SharedPlace& place, uint32_t bytes) const {
  check_shared(place, bytes);
  SharedMemory& memory = place.cta->shared;
  if (memory.has_state(place.offset, bytes, ByteState::kBeingRead)) {
    fail(FaultKind::kAsyncMisuse,
         "the destination is still being read by another asynchronous copy", shared_address(place));
  }
  if (memory.has_state(place.offset, bytes, ByteState::kBeingWritten)) {
    fail(FaultKind::kAsyncMisuse,
         "the destination is still being written by another asynchronous copy",
         shared_address(place));
  }
  memory.add_state(place.offset, bytes, ByteState::kBeingWritten);
}

void AsyncAccess::complete_bytes(const SharedPlace& barrier, uint32_t bytes) const {
  const auto it = barrier.cta->mbarriers.find(barrier.offset);
  if (it == barrier.cta->mbarriers.end()) {
    fail(FaultKind::kMbarrierMisuse, "bytes complete on an mbarrier that was not initialised",
         shared_address(barrier));
  }
  barrier.cta->byte_counters[barrier.offset] = {warp_, instruction_};
  const char* problem = it->second.complete_bytes(bytes);
  if (!problem) return;
  fail(FaultKind::kMbarrierMisuse,
       std::string(problem) + " (" + it->second.describe() + ") when " + std::to_string(bytes) +
           " bytes complete",
       shared_address(barrier));
}

}  // namespace emulator
