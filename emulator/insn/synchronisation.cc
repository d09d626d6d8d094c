// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/synchronisation.h"

#include "emulator/core/cta.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

bool is_complete(const Cta& cta, const NamedBarrier& barrier) {
  const uint32_t expected =
      barrier.expected_threads > 0 ? barrier.expected_threads : cta.num_live_warps() * kWarpSize;
  return barrier.is_in_use() && barrier.arrived_threads >= expected;
}

// A barrier's number and its thread count (0: every thread of the CTA), checked.
struct BarrierUse {
  uint32_t number;
  uint32_t num_threads;
};

BarrierUse read_use(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const int lane = lowest_lane(lanes);
  const Row& count = instruction.operands[1];
  BarrierUse use{static_cast<uint32_t>(read_lane(warp, instruction.operands[0], lane)), 0};
  if (!count.is_absent()) use.num_threads = static_cast<uint32_t>(read_lane(warp, count, lane));
  if (use.number >= kNumNamedBarriers) {
    warp.fail(FaultKind::kBarrierMisuse, instruction,
              "barrier " + std::to_string(use.number) + ": there are 16");
  }
  const bool is_bad_count =
      !count.is_absent() && (use.num_threads == 0 || use.num_threads % kWarpSize);
  if (is_bad_count) {
    warp.fail(
        FaultKind::kBarrierMisuse, instruction,
        "thread count " + std::to_string(use.num_threads) + " is not a positive multiple of 32");
  }
  return use;
}

// A warp counts as a whole, once all its lanes that have not ended have come.
void count_whole_warp(Warp& warp, uint32_t number) {
  LaneMask& arrived = warp.arrived_at_barrier[number];
  if (arrived == 0 || (warp.live_lanes() & ~arrived) != 0) return;
  arrived = 0;
  warp.cta().barriers[number].arrived_threads += kWarpSize;
}

void arrive(Warp& warp, const Instruction& instruction, LaneMask lanes, const BarrierUse& use) {
  Cta& cta = warp.cta();
  NamedBarrier& barrier = cta.barriers[use.number];
  if (barrier.is_in_use() && barrier.expected_threads != use.num_threads) {
    warp.fail(FaultKind::kBarrierMisuse, instruction,
              "barrier " + std::to_string(use.number) + " is in use with a thread count of " +
                  std::to_string(barrier.expected_threads) + ", not " +
                  std::to_string(use.num_threads));
  }
  warp.arrived_at_barrier[use.number] |= lanes;
  barrier.expected_threads = use.num_threads;
  count_whole_warp(warp, use.number);
  if (use.num_threads > 0 && barrier.arrived_threads > use.num_threads) {
    warp.fail(FaultKind::kBarrierMisuse, instruction,
              "more threads than the " + std::to_string(use.num_threads) +
                  " expected arrive at barrier " + std::to_string(use.number));
  }
  if (is_complete(cta, barrier)) barrier.open();
}

Outcome sync_barrier(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  LaneGroup& group = warp.current();
  if (!group.wait.is_active()) {
    const BarrierUse use = read_use(warp, instruction, lanes);
    group.wait = {Wait::Kind::kNamedBarrier, use.number,
                  warp.cta().barriers[use.number].generation};
    arrive(warp, instruction, lanes, use);
  }
  if (warp.cta().barriers[group.wait.id].generation == group.wait.ticket) return Outcome::kStall;
  group.wait = {};
  return Outcome::kNext;
}

Outcome arrive_at_barrier(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  arrive(warp, instruction, lanes, read_use(warp, instruction, lanes));
  return Outcome::kNext;
}

// bar.warp.sync members
Outcome sync_warp(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const auto members =
      static_cast<LaneMask>(read_lane(warp, instruction.operands[0], lowest_lane(lanes)));
  return gather_members(warp, instruction, lanes, members);
}

void open_if_complete(Cluster& cluster) {
  ClusterBarrier& barrier = cluster.barrier;
  if (barrier.arrived_lanes == 0 || barrier.arrived_lanes < cluster.num_live_lanes()) return;
  barrier.arrived_lanes = 0;
  ++barrier.generation;
}

Outcome arrive_at_cluster(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  Cluster& cluster = warp.cta().cluster;
  const LaneMask again = lanes & warp.arrived_at_cluster_barrier;
  if (again != 0) {
    warp.fail(FaultKind::kBarrierMisuse, instruction,
              "a second arrival at the cluster barrier without a wait", lowest_lane(again));
  }
  warp.arrived_at_cluster_barrier |= lanes;
  warp.cluster_ticket = cluster.barrier.generation;
  cluster.barrier.arrived_lanes += static_cast<uint32_t>(num_lanes(lanes));
  open_if_complete(cluster);
  return Outcome::kNext;
}

Outcome wait_for_cluster(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  LaneGroup& group = warp.current();
  const bool is_open = warp.cta().cluster.barrier.generation != warp.cluster_ticket;
  const LaneMask missing = lanes & ~warp.arrived_at_cluster_barrier;
  if (missing != 0) {
    warp.fail(FaultKind::kBarrierMisuse, instruction,
              "a wait at the cluster barrier without an arrival", lowest_lane(missing));
  }
  group.wait = {Wait::Kind::kClusterBarrier, 0, warp.cluster_ticket};
  if (!is_open) return Outcome::kStall;
  group.wait = {};
  warp.arrived_at_cluster_barrier &= ~lanes;
  return Outcome::kNext;
}

}  // namespace

Outcome gather_members(Warp& warp, const Instruction& instruction, LaneMask lanes,
                       LaneMask members) {
  const LaneMask outside = lanes & ~members;
  if (outside != 0) {
    warp.fail(FaultKind::kWarpMisuse, instruction,
              "a lane executes the instruction but is not in the member mask",
              lowest_lane(outside));
  }
  const LaneMask ended = members & ~warp.live_lanes();
  if (ended != 0) {
    warp.fail(FaultKind::kWarpMisuse, instruction,
              "the member mask names a lane that has ended or does not exist", lowest_lane(ended));
  }
  if (lanes == members) return Outcome::kNext;
  // Members that come along other paths wait here as groups of their own; once the last one has
  // come they become one group.
  const LaneGroup& current = warp.current();
  LaneMask present = lanes;
  for (const LaneGroup& group : warp.groups()) {
    if (&group != &current && group.pc == current.pc) present |= group.lanes;
  }
  const bool is_complete = (present & members) == members;
  for (LaneGroup& group : warp.groups()) {
    if (group.pc == current.pc)
      group.wait = {is_complete ? Wait::Kind::kNone : Wait::Kind::kWarpSync, 0, 0};
  }
  return is_complete ? Outcome::kRetry : Outcome::kStall;
}

void release_barriers_after_exit(Warp& warp) {
  Cta& cta = warp.cta();
  for (uint32_t number = 0; number < kNumNamedBarriers; ++number) {
    count_whole_warp(warp, number);
    NamedBarrier& barrier = cta.barriers[number];
    if (is_complete(cta, barrier)) barrier.open();
  }
  const LaneMask ended = warp.arrived_at_cluster_barrier & ~warp.live_lanes();
  warp.arrived_at_cluster_barrier &= ~ended;
  if (warp.cluster_ticket == cta.cluster.barrier.generation) {
    cta.cluster.barrier.arrived_lanes -= static_cast<uint32_t>(num_lanes(ended));
  }
  open_if_complete(cta.cluster);
}

namespace handlers {

Execute barrier_sync(const Instruction&) {
  return sync_barrier;
}
Execute barrier_arrive(const Instruction&) {
  return arrive_at_barrier;
}
Execute warp_sync(const Instruction&) {
  return sync_warp;
}
Execute cluster_barrier_arrive(const Instruction&) {
  return arrive_at_cluster;
}
Execute cluster_barrier_wait(const Instruction&) {
  return wait_for_cluster;
}

}  // namespace handlers
}  // namespace emulator
