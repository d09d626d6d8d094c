// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/memory_access.h"

#include <algorithm>

#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

using ptx::StateSpace;

// Resolves one lane's address; every failure names the lane and the address.
class LaneResolver {
 public:
  LaneResolver(Warp& warp, const Instruction& instruction, uint32_t size, Access access)
      : warp_(warp), instruction_(instruction), size_(size), access_(access) {}

  uint8_t* resolve(uint64_t address, int lane, StateSpace space) const {
    if (address % size_ != 0) {
      fail(FaultKind::kMisaligned, lane, address,
           "an access of " + std::to_string(size_) + " bytes must be aligned to its size");
    }
    switch (space) {
      case StateSpace::kShared: return shared(address, lane);
      case StateSpace::kLocal: return local(address, lane);
      case StateSpace::kParam: return parameter(address, lane);
      case StateSpace::kGeneric: return generic(address, lane);
      default: return global(address, lane);
    }
  }

 private:
  uint8_t* generic(uint64_t address, int lane) const {
    if (is_in_window(address, kSharedWindow)) return shared(address - kSharedWindow, lane);
    if (is_in_window(address, kLocalWindow)) return local(address - kLocalWindow, lane);
    if (is_in_window(address, kParamWindow)) return parameter(address - kParamWindow, lane);
    return global(address, lane);
  }

  uint8_t* global(uint64_t address, int lane) const {
    AllocationCache& allocations = warp_.cta().cluster.allocations;
    if (!allocations.contains(address, address + size_)) {
      fail(FaultKind::kOutOfBounds, lane, address,
           describe_global_access(allocations, address, size_));
    }
    return reinterpret_cast<uint8_t*>(address);
  }

  uint8_t* shared(uint64_t address, int lane) const {
    const auto rank = static_cast<uint32_t>(address >> kSharedRankShift);
    const auto offset = static_cast<uint32_t>(address & kSharedOffsetMask);
    Cta* cta = warp_.cta().cluster.find_cta(rank);
    if (!cta) {
      fail(FaultKind::kOutOfBounds, lane, address,
           "shared memory of CTA rank " + std::to_string(rank) +
               ", which the cluster does not have");
    }
    if (cta != &warp_.cta()) check_remote(*cta, rank, lane, address);
    SharedMemory& memory = cta->shared;
    if (!memory.contains(offset, size_)) {
      fail(FaultKind::kOutOfBounds, lane, address,
           std::to_string(size_) + " bytes of shared memory, which holds offsets " +
               std::to_string(kReservedSharedBytes) + " to " + std::to_string(memory.end()));
    }
    check_state(memory, offset, lane, address);
    return memory.at(offset);
  }

  void check_remote(const Cta& cta, uint32_t rank, int lane, uint64_t address) const {
    if (instruction_.form->has("shared::cta")) {
      fail(FaultKind::kOutOfBounds, lane, address,
           ".shared::cta with an address in CTA rank " + std::to_string(rank));
    }
    if (cta.is_finished()) {
      fail(FaultKind::kOutOfBounds, lane, address,
           "shared memory of CTA rank " + std::to_string(rank) +
               ", which has already ended: a cluster barrier is missing at its end");
    }
  }

  void check_state(SharedMemory& memory, uint32_t offset, int lane, uint64_t address) const {
    const std::string what = access_ == Access::kWrite ? "a store to " : "a load from ";
    if (memory.overlaps_mbarrier(offset, size_)) {
      fail(FaultKind::kMbarrierMisuse, lane, address, what + "a live mbarrier");
    }
    if (memory.has_state(offset, size_, ByteState::kBeingWritten)) {
      fail(FaultKind::kAsyncMisuse, lane, address,
           what + "shared memory that an asynchronous operation is still writing");
    }
    if (access_ == Access::kWrite) {
      if (memory.has_state(offset, size_, ByteState::kBeingRead)) {
        fail(FaultKind::kAsyncMisuse, lane, address,
             what + "shared memory that an asynchronous operation is still reading");
      }
      memory.set_state(offset, size_, ByteState::kInitialised);
    } else if (!memory.is_initialised(offset, size_)) {
      fail(FaultKind::kUninitialisedShared, lane, address,
           "shared memory is read before anything was written there");
    }
  }

  uint8_t* local(uint64_t address, int lane) const {
    if (address + size_ > warp_.program().local_bytes) {
      fail(FaultKind::kOutOfBounds, lane, address,
           "local memory of " + std::to_string(warp_.program().local_bytes) + " bytes");
    }
    return warp_.local_memory(lane) + address;
  }

  uint8_t* parameter(uint64_t address, int lane) const {
    const Launch& launch = warp_.cta().cluster.grid.launch;
    if (address + size_ > launch.parameters.size()) {
      fail(FaultKind::kOutOfBounds, lane, address,
           "parameter space of " + std::to_string(launch.parameters.size()) + " bytes");
    }
    return const_cast<uint8_t*>(launch.parameters.data()) + address;
  }

  [[noreturn]] void fail(FaultKind kind, int lane, uint64_t address,
                         const std::string& message) const {
    warp_.fail(kind, instruction_, message, lane, address);
  }

  Warp& warp_;
  const Instruction& instruction_;
  uint32_t size_;
  Access access_;
};

// All lanes inside one allocation and aligned: the common case, found without a branch per lane.
bool resolve_global_together(Warp& warp, const uint64_t* addresses, int64_t displacement,
                             LaneMask lanes, uint32_t size, HostAddresses& resolved) {
  uint64_t lowest = ~uint64_t{0};
  uint64_t highest = 0;
  uint64_t low_bits = 0;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    const uint64_t address = addresses[lane] + static_cast<uint64_t>(displacement);
    const bool is_active = (lanes >> lane) & 1;
    lowest = std::min(lowest, is_active ? address : ~uint64_t{0});
    highest = std::max(highest, is_active ? address : 0);
    low_bits |= is_active ? address : 0;
    resolved.lane[lane] = reinterpret_cast<uint8_t*>(address);
  }
  return low_bits % size == 0 && warp.cta().cluster.allocations.contains(lowest, highest + size);
}

// All lanes in the shared memory of their own CTA, in bounds, aligned and in a fit state. False
// says only that some lane needs a closer look.
bool resolve_shared_together(Warp& warp, const Row& address, LaneMask lanes, uint32_t size,
                             Access access, HostAddresses& resolved) {
  const uint32_t* addresses = warp.words<uint32_t>(address);
  const auto displacement = static_cast<uint32_t>(address.displacement);
  const uint32_t window = warp.cta().rank << kSharedRankShift;
  uint32_t offsets[kWarpSize];
  uint32_t lowest = ~0u;
  uint32_t highest = 0;
  uint32_t low_bits = 0;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    const uint32_t offset = addresses[lane] + displacement - window;
    const bool is_active = (lanes >> lane) & 1;
    lowest = std::min(lowest, is_active ? offset : ~0u);
    highest = std::max(highest, is_active ? offset : 0);
    low_bits |= is_active ? offset : 0;
    offsets[lane] = offset;
  }
  SharedMemory& memory = warp.cta().shared;
  if (low_bits % size != 0 || highest > kSharedOffsetMask || lowest < kReservedSharedBytes ||
      !memory.contains(highest, size)) {
    return false;
  }
  bool is_fit = true;
  for_each_lane(lanes, [&](int lane) {
    resolved.lane[lane] = memory.at(offsets[lane]);
    is_fit &= access == Access::kWrite ? memory.is_free(offsets[lane], size)
                                       : memory.is_initialised(offsets[lane], size);
  });
  if (!is_fit || access != Access::kWrite) return is_fit;
  for_each_lane(lanes,
                [&](int lane) { memory.set_state(offsets[lane], size, ByteState::kInitialised); });
  return true;
}

}  // namespace

ptx::StateSpace space_of(const ptx::Form& form) {
  if (form.has("global")) return StateSpace::kGlobal;
  if (form.has("const")) return StateSpace::kConst;
  if (form.has("local")) return StateSpace::kLocal;
  if (form.has("param") || form.has("param::entry")) return StateSpace::kParam;
  if (form.has("shared") || form.has("shared::cta") || form.has("shared::cluster")) {
    return StateSpace::kShared;
  }
  return StateSpace::kGeneric;
}

void resolve(Warp& warp, const Instruction& instruction, const Row& address, LaneMask lanes,
             ptx::StateSpace space, uint32_t size, Access access, HostAddresses& resolved) {
  const bool may_be_global = space == StateSpace::kGlobal || space == StateSpace::kGeneric;
  if (may_be_global && address.is_wide &&
      resolve_global_together(warp, warp.words<uint64_t>(address), address.displacement, lanes,
                              size, resolved)) {
    return;
  }
  if (space == StateSpace::kShared && !address.is_wide &&
      resolve_shared_together(warp, address, lanes, size, access, resolved)) {
    return;
  }
  const LaneResolver resolver(warp, instruction, size, access);
  for_each_lane(lanes, [&](int lane) {
    resolved.lane[lane] = resolver.resolve(read_address(warp, address, lane), lane, space);
  });
}

uint8_t* resolve_lane(Warp& warp, const Instruction& instruction, uint64_t address, int lane,
                      ptx::StateSpace space, uint32_t size, Access access) {
  return LaneResolver(warp, instruction, size, access).resolve(address, lane, space);
}

}  // namespace emulator
