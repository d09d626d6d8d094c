// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// The instructions that order memory, as the race checker follows them.
#include "emulator/check/race_checker.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator::check {
void RaceChecker::synchronise(const Step& step) {
  switch (step.effect.effect) {
    case Effect::kFence:
      step.view.fence(step.lanes, step.effect.acquires, step.effect.releases);
      break;
    case Effect::kInitFence: step.view.fence_inits(step.lanes, state_.init_agent(step.warp)); break;
    case Effect::kProxyFence: step.view.fence_proxy(step.lanes); break;
    case Effect::kWarpSync:
      if (step.outcome == Outcome::kNext) step.view.synchronise(step.lanes);
      break;
    case Effect::kBarrierArrive:
    case Effect::kBarrierSync: pass_barrier(step); break;
    default: pass_cluster_barrier(step); break;
  }
}

// Barriers may have opened by themselves, when a thread ended or bytes arrived.
void RaceChecker::follow_barriers(Warp& warp, const Instruction& instruction, LaneMask lanes,
                                  const MemoryEffect& effect) {
  const Cluster& cluster = warp.cta().cluster;
  is_waiting_ = warp.current().wait.is_active();
  switch (effect.effect) {
    case Effect::kBarrierArrive:
    case Effect::kBarrierSync: {
      const uint64_t number = read_lane(warp, instruction.operands[0], lowest_lane(lanes));
      barrier_ =
          is_waiting_ ? warp.current().wait.id : static_cast<uint32_t>(number % kNumNamedBarriers);
      follow(state_.state_of(warp.cta()).barriers[barrier_],
             warp.cta().barriers[barrier_].generation);
      break;
    }
    case Effect::kClusterArrive:
    case Effect::kClusterWait:
      follow(state_.cluster_barrier(cluster), cluster.barrier.generation);
      break;
    case Effect::kMbarrierArrive:
      for (const auto& group : groups_.find(lanes, addresses_)) {
        Location place;
        if (!locate(warp, ptx::StateSpace::kShared, group.address, effect.size, place)) continue;
        const auto offset = static_cast<uint32_t>(place.address);
        const auto it = place.cta->mbarriers.find(offset);
        if (it != place.cta->mbarriers.end()) {
          state_.mbarrier(*place.cta, offset).follow(it->second);
        }
      }
      break;
    default: break;
  }
}

void RaceChecker::pass_barrier(const Step& step) {
  SyncObject& object = state_.state_of(step.warp.cta()).barriers[barrier_];
  if (!is_waiting_) object.arriving.join(step.view.release(step.lanes));
  follow(object, step.warp.cta().barriers[barrier_].generation);
  const bool passes = step.effect.effect == Effect::kBarrierSync && step.outcome == Outcome::kNext;
  if (passes) step.view.acquire(step.lanes, object.completed);
}

void RaceChecker::pass_cluster_barrier(const Step& step) {
  const Cluster& cluster = step.warp.cta().cluster;
  SyncObject& object = state_.cluster_barrier(cluster);
  if (step.effect.effect == Effect::kClusterArrive) arrive(step, step.lanes, object);
  follow(object, cluster.barrier.generation);
  const bool passes = step.effect.effect == Effect::kClusterWait && step.outcome == Outcome::kNext;
  if (passes) step.view.acquire(step.lanes, object.completed);
}

void RaceChecker::use_mbarrier(const Step& step, LaneMask lanes, const Location& location) {
  const auto offset = static_cast<uint32_t>(location.address);
  const auto it = location.cta->mbarriers.find(offset);
  if (it == location.cta->mbarriers.end()) return;  // mbarrier.inval
  if (step.effect.effect == Effect::kMbarrierInit) {
    step.view.learn(lanes, state_.init_agent(step.warp), lanes, step.view.now);
    return state_.init_mbarrier(*location.cta, offset);
  }
  MbarrierState& state = state_.mbarrier(*location.cta, offset);
  if (step.effect.effect == Effect::kMbarrierArrive) arrive(step, lanes, state.sync);
  state.follow(it->second);
  if (step.effect.effect != Effect::kMbarrierWait) return;
  const LaneMask passed = lanes & step.warp.predicate(step.instruction.operands[0]);
  if (passed == 0) return;
  if (step.effect.acquires) {
    step.view.acquire(passed, state.sync.completed);
  } else {
    step.view.see(passed, state.sync.completed);
  }
}

// A relaxed arrival passes on what fences in front of it have released.
void RaceChecker::arrive(const Step& step, LaneMask lanes, SyncObject& object) const {
  if (step.effect.releases) {
    object.arriving.join(step.view.release(lanes));
  } else {
    step.view.release_by_fence(lanes, [&](const View& view) { object.arriving.join(view); });
  }
}

}  // namespace emulator::check
