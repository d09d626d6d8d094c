// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/async_operands.h"

#include "emulator/core/address_space.h"
#include "emulator/insn/mbarrier_access.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

constexpr uint32_t kBulkUnitBytes = 16;

// What the race checker calls the two stages of a bulk group.
constexpr const char* kReads = "reads of bulk copies";
constexpr const char* kWrites = "writes of bulk copies";

void check_alignment(const AsyncAccess& access, uint64_t address, uint32_t alignment) {
  if (address % alignment == 0) return;
  access.fail(FaultKind::kMisaligned,
              "the address must be aligned to " + std::to_string(alignment) + " bytes", address);
}

SharedPlace read_barrier(const AsyncAccess& access, const Row& row) {
  const MbarrierPlace place =
      find_mbarrier_place(access.warp(), access.instruction(), row, access.lane());
  return {place.cta, place.offset};
}

bool signals_peer(const AsyncAccess& access) {
  return access.instruction().form->has("cta_group::2");
}

void check_is_live(const AsyncAccess& access, const SharedPlace& barrier) {
  if (barrier.cta->mbarriers.contains(barrier.offset)) return;
  access.fail(FaultKind::kMbarrierMisuse,
              "no mbarrier was initialised here in CTA rank " + std::to_string(barrier.cta->rank),
              shared_address(barrier));
}

void check_barrier(const AsyncAccess& access, const CopyTarget& target) {
  const uint32_t rank = target.destination.cta->rank;
  const uint32_t barrier_rank = target.barrier.cta->rank;
  if (rank == barrier_rank) return;
  if (!signals_peer(access)) {
    access.fail(FaultKind::kAsyncMisuse,
                "the mbarrier lies in CTA rank " + std::to_string(barrier_rank) +
                    ", the destination in rank " + std::to_string(rank),
                shared_address(target.barrier));
  }
  if ((rank ^ barrier_rank) != 1) {
    access.fail(FaultKind::kAsyncMisuse,
                "the mbarrier lies in CTA rank " + std::to_string(barrier_rank) +
                    ", outside of the pair of the destination's rank " + std::to_string(rank),
                shared_address(target.barrier));
  }
}

// The same offsets in each CTA of the mask. With .cta_group::2 the signal goes to the CTA of the
// pair that has the parity of the one which the barrier's address names.
std::vector<CopyTarget> multicast(const AsyncAccess& access, const CopyTarget& named,
                                  uint64_t mask) {
  Cluster& cluster = access.warp().cta().cluster;
  if (mask == 0 || mask >> cluster.ctas.size() != 0) {
    access.fail(FaultKind::kAsyncMisuse, "the CTA mask " + std::to_string(mask) +
                                             " is empty or names a CTA that the cluster of " +
                                             std::to_string(cluster.ctas.size()) +
                                             " does not have");
  }
  std::vector<CopyTarget> targets;
  for (uint32_t rank = 0; rank < cluster.ctas.size(); ++rank) {
    if (!((mask >> rank) & 1)) continue;
    const uint32_t parity = named.barrier.cta->rank & 1;
    Cta* const signalled = cluster.find_cta(signals_peer(access) ? (rank & ~1u) | parity : rank);
    if (!signalled) access.fail(FaultKind::kAsyncMisuse, "the CTA to be signalled does not exist");
    targets.push_back(
        {{cluster.find_cta(rank), named.destination.offset}, {signalled, named.barrier.offset}});
  }
  return targets;
}

}  // namespace

SharedPlace read_shared_place(const AsyncAccess& access, const Row& row, uint32_t alignment) {
  uint64_t address = read_address(access.warp(), row, access.lane());
  if (is_in_window(address, kSharedWindow)) address -= kSharedWindow;
  const uint64_t rank = address >> kSharedRankShift;
  const auto offset = static_cast<uint32_t>(address & kSharedOffsetMask);
  Cluster& cluster = access.warp().cta().cluster;
  if (rank >= cluster.ctas.size()) {
    access.fail(FaultKind::kOutOfBounds, "an address outside of the cluster's shared memory",
                address);
  }
  check_alignment(access, address, alignment);
  return {cluster.find_cta(static_cast<uint32_t>(rank)), offset};
}

SharedPlace read_own_place(const AsyncAccess& access, const Row& row, uint32_t alignment) {
  const SharedPlace place = read_shared_place(access, row, alignment);
  if (place.cta != &access.warp().cta()) {
    access.fail(FaultKind::kOutOfBounds,
                ".shared::cta with an address in CTA rank " + std::to_string(place.cta->rank),
                shared_address(place));
  }
  return place;
}

uint64_t read_global_address(const AsyncAccess& access, const Row& row, uint32_t alignment) {
  const uint64_t address = read_address(access.warp(), row, access.lane());
  check_alignment(access, address, alignment);
  return address;
}

uint32_t read_bulk_size(const AsyncAccess& access, const Row& row) {
  const auto size = static_cast<uint32_t>(read_lane(access.warp(), row, access.lane()));
  if (size % kBulkUnitBytes != 0) {
    access.fail(FaultKind::kAsyncMisuse,
                "a size of " + std::to_string(size) + " bytes is not a multiple of 16");
  }
  return size;
}

std::vector<CopyTarget> read_targets(const AsyncAccess& access, const Row& destination,
                                     const Row& barrier, const Row* mask, uint32_t alignment) {
  const bool is_own = access.instruction().form->has("shared::cta") &&
                      !access.instruction().form->has("shared::cluster");
  const CopyTarget named{is_own ? read_own_place(access, destination, alignment)
                                : read_shared_place(access, destination, alignment),
                         read_barrier(access, barrier)};
  std::vector<CopyTarget> targets{named};
  if (mask) {
    targets = multicast(access, named, read_lane(access.warp(), *mask, access.lane()));
  } else {
    check_barrier(access, named);
  }
  for (const CopyTarget& target : targets) check_is_live(access, target.barrier);
  return targets;
}

GroupAccess::GroupAccess(const AsyncAccess& access, BulkGroups::Group group)
    : reading(access), writing(access) {
  reading.joins_group(kReads, group + 1);
  writing.joins_group(kWrites, group + 1);
}

void finish_bulk_groups(const Warp& warp, int lane, BulkGroups::Stage stage, uint64_t count) {
  const LaneMask lanes = LaneMask{1} << lane;
  check::finish_groups(warp, lanes, kReads, count);
  if (stage == BulkGroups::Stage::kWritten) check::finish_groups(warp, lanes, kWrites, count);
}

}  // namespace emulator
