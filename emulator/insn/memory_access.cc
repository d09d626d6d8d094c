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

// One lane's access stands for all, except where each lane has memory of its own.
bool is_uniform(const Warp& warp, const Row& row, LaneMask lanes, StateSpace space) {
  if (space == StateSpace::kLocal) return false;
  const uint64_t first = read_address(warp, row, lowest_lane(lanes));
  bool is_uniform = true;
  for_each_lane(lanes, [&](int lane) { is_uniform &= read_address(warp, row, lane) == first; });
  return is_uniform;
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
  const LaneResolver resolver(warp, instruction, size, access);
  const auto resolve_one = [&](int lane) {
    return resolver.resolve(read_address(warp, address, lane), lane, space);
  };
  if (is_uniform(warp, address, lanes, space)) {
    std::fill_n(resolved.lane, kWarpSize, resolve_one(lowest_lane(lanes)));
    resolved.pattern = Pattern::kUniform;
    return;
  }
  for_each_lane(lanes, [&](int lane) { resolved.lane[lane] = resolve_one(lane); });
  resolved.pattern = Pattern::kScattered;
}

uint8_t* resolve_lane(Warp& warp, const Instruction& instruction, uint64_t address, int lane,
                      ptx::StateSpace space, uint32_t size, Access access) {
  return LaneResolver(warp, instruction, size, access).resolve(address, lane, space);
}

}  // namespace emulator
