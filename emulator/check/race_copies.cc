// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// cp.async as the race checker follows it: each lane's copies are an agent beside the lane, until
// the lane waits for their group.
#include <algorithm>

#include "emulator/check/race_checker.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator::check {
namespace {

const char* const kCopies = "cp.async";

// The copies of group g are at time g + 1; groups are counted from 0.
Time time_of_group(const Warp& warp, int lane) {
  return static_cast<Time>(warp.copy_group[static_cast<size_t>(lane)] + 1);
}

}  // namespace

void RaceChecker::copy(const Step& step) {
  const Row* operands = step.instruction.operands;
  MemoryAccess access = memory_access(step);
  access.record.agent = state_.unit_agent(step.warp, kCopies);
  accesses_.begin();
  for_each_lane(step.lanes, [&](int lane) {
    const uint64_t size = read_lane(step.warp, operands[2], lane);
    const uint64_t source_size =
        operands[3].is_absent() ? size : std::min(size, read_lane(step.warp, operands[3], lane));
    access.lane = lane;
    access.view = step.view.of(lane).get();
    access.issuer_lanes = access.record.lanes = LaneMask{1} << lane;
    access.record.time = time_of_group(step.warp, lane);
    Location place;
    const uint64_t source = read_address(step.warp, operands[1], lane);
    if (source_size > 0 && locate(step.warp, ptx::StateSpace::kGlobal, source, 1, place)) {
      access.record.is_write = false;
      accesses_.check(access, place, static_cast<uint32_t>(source_size));
    }
    const uint64_t destination = addresses_[static_cast<size_t>(lane)];
    if (locate(step.warp, ptx::StateSpace::kShared, destination, 1, place)) {
      access.record.is_write = true;
      accesses_.check(access, place, static_cast<uint32_t>(size));
    }
  });
}

void RaceChecker::wait_for_copies(const Step& step) {
  const bool waits_for_all = step.instruction.num_operands == 0;
  const Agent agent = state_.unit_agent(step.warp, kCopies);
  for_each_lane(step.lanes, [&](int lane) {
    const uint64_t open = step.warp.copy_group[static_cast<size_t>(lane)];
    const uint64_t allowed =
        waits_for_all ? 0
                      : std::min(open, read_lane(step.warp, step.instruction.operands[0], lane));
    const LaneMask alone = LaneMask{1} << lane;
    step.view.learn(alone, agent, alone, static_cast<Time>(open - allowed));
  });
}

// The arrival, whenever it comes, tells that the copies so far are done.
void RaceChecker::arrive_after_copies(const Step& step) {
  const Agent agent = state_.unit_agent(step.warp, kCopies);
  for_each_lane(step.lanes, [&](int lane) {
    Location place;
    const uint64_t address = addresses_[static_cast<size_t>(lane)];
    if (!locate(step.warp, ptx::StateSpace::kShared, address, step.effect.size, place)) return;
    MbarrierState& barrier = state_.mbarrier(*place.cta, static_cast<uint32_t>(place.address));
    barrier.sync.arriving.known.learn(agent, LaneMask{1} << lane,
                                      time_of_group(step.warp, lane) - 1);
  });
}

}  // namespace emulator::check
