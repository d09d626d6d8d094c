// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/leftovers.h"

namespace emulator::check {
namespace {

[[noreturn]] void report(FaultKind kind, const Cta& cta, const std::string& message) {
  const Warp& warp = *cta.warps.front();
  // The end of the kernel is where it shows; the message says what it is about.
  throw Fault(kind, warp.place(warp.program().code.back()), message);
}

void check_barriers(const Cta& cta) {
  for (uint32_t number = 0; number < kNumNamedBarriers; ++number) {
    const NamedBarrier& barrier = cta.barriers[number];
    if (!barrier.is_in_use()) continue;
    report(FaultKind::kBarrierMisuse, cta,
           "the kernel ended with " + std::to_string(barrier.arrived_threads) + " of " +
               std::to_string(barrier.expected_threads) + " threads arrived at barrier " +
               std::to_string(number));
  }
}

void check_mbarriers(const Cta& cta) {
  for (const auto& [offset, barrier] : cta.mbarriers) {
    if (!barrier.is_in_use()) continue;
    report(FaultKind::kMbarrierMisuse, cta,
           "the kernel ended in the middle of a phase of mbarrier " +
               cta.cluster.grid.program().shared_name(offset) + ": " + barrier.describe());
  }
}

}  // namespace

void check_leftovers(const Cluster& cluster) {
  for (const auto& cta : cluster.ctas) {
    check_barriers(*cta);
    check_mbarriers(*cta);
  }
}

}  // namespace emulator::check
