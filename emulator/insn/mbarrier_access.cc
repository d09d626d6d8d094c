// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/mbarrier_access.h"

#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

constexpr uint32_t kObjectBytes = 8;

}  // namespace

MbarrierPlace find_mbarrier_place(Warp& warp, const Instruction& instruction, const Row& row,
                                  int lane) {
  uint64_t address = read_address(warp, row, lane);
  if (is_in_window(address, kSharedWindow)) address -= kSharedWindow;
  MbarrierPlace place;
  place.address = address;
  place.offset = static_cast<uint32_t>(address & kSharedOffsetMask);
  place.cta = warp.cta().cluster.find_cta(static_cast<uint32_t>(address >> kSharedRankShift));
  if (!place.cta || !place.cta->shared.contains(place.offset, kObjectBytes)) {
    warp.fail(FaultKind::kOutOfBounds, instruction, "an mbarrier outside of shared memory", lane,
              address);
  }
  if (place.offset % kObjectBytes != 0) {
    warp.fail(FaultKind::kMisaligned, instruction, "an mbarrier must be aligned to 8 bytes", lane,
              address);
  }
  return place;
}

Mbarrier& find_mbarrier(Warp& warp, const Instruction& instruction, const Row& row, int lane) {
  const MbarrierPlace place = find_mbarrier_place(warp, instruction, row, lane);
  const auto it = place.cta->mbarriers.find(place.offset);
  if (it == place.cta->mbarriers.end()) {
    warp.fail(FaultKind::kMbarrierMisuse, instruction, "no mbarrier was initialised here", lane,
              place.address);
  }
  return it->second;
}

void remember_byte_count(Warp& warp, const Instruction& instruction, const Row& row, int lane) {
  const MbarrierPlace place = find_mbarrier_place(warp, instruction, row, lane);
  place.cta->byte_counters[place.offset] = {&warp, &instruction};
}

void check_no_bytes_are_pending(const Cluster& cluster) {
  for (const auto& cta : cluster.ctas) {
    for (const auto& [offset, barrier] : cta->mbarriers) {
      if (barrier.pending_bytes() == 0) continue;
      const auto [warp, instruction] = cta->byte_counters.at(offset);
      warp->fail(FaultKind::kMbarrierMisuse, *instruction,
                 "the kernel ends while bytes are pending at an mbarrier of CTA rank " +
                     std::to_string(cta->rank) + " (" + barrier.describe() + ")",
                 -1, offset);
    }
  }
}

}  // namespace emulator
