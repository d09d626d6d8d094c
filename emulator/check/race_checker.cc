// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/race_checker.h"

#include "emulator/insn/scalar_loop.h"

namespace emulator::check {
namespace {

bool has_address(Effect effect) {
  switch (effect) {
    case Effect::kLoad:
    case Effect::kStore:
    case Effect::kAtomic:
    case Effect::kMbarrierInit:
    case Effect::kMbarrierEnd:
    case Effect::kMbarrierArrive:
    case Effect::kMbarrierCount:
    case Effect::kMbarrierWait:
    case Effect::kCopyAsync:
    case Effect::kCopyArrive: return true;
    default: return false;
  }
}

}  // namespace

RaceChecker::RaceChecker(const Program& program, RaceLevel level)
    : program_(program),
      accesses_(state_, program, level),
      effects_(find_memory_effects(program)) {}

void RaceChecker::before(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const MemoryEffect& effect = effects_[site_of(instruction)];
  if (effect.effect == Effect::kNone) return;
  state_.view_of(warp).now = static_cast<Time>(warp.num_executed);
  if (has_address(effect.effect)) {
    const Row& row = instruction.operands[instruction.num_destinations];
    for_each_lane(lanes, [&](int lane) {
      addresses_[static_cast<size_t>(lane)] = read_address(warp, row, lane);
    });
  }
  follow_barriers(warp, instruction, lanes, effect);
}

void RaceChecker::after(Warp& warp, const Instruction& instruction, LaneMask lanes,
                        Outcome outcome) {
  const MemoryEffect& effect = effects_[site_of(instruction)];
  if (effect.effect == Effect::kNone) return;
  const Step step{warp, instruction, lanes, outcome, effect, state_.view_of(warp)};
  switch (effect.effect) {
    case Effect::kLoad:
    case Effect::kStore:
    case Effect::kAtomic:
    case Effect::kMbarrierInit:
    case Effect::kMbarrierEnd:
    case Effect::kMbarrierArrive:
    case Effect::kMbarrierCount:
    case Effect::kMbarrierWait: access_memory(step); break;
    case Effect::kCopyAsync: copy(step); break;
    case Effect::kCopyWait: wait_for_copies(step); break;
    case Effect::kCopyArrive: arrive_after_copies(step); break;
    default: synchronise(step); break;
  }
}

void RaceChecker::access_memory(const Step& step) {
  if (step.outcome == Outcome::kStall) return;
  const bool is_mbarrier = step.effect.effect >= Effect::kMbarrierInit;
  const ptx::StateSpace space = is_mbarrier ? ptx::StateSpace::kShared : step.effect.space;
  const bool publishes = step.effect.is_strong || step.effect.effect != Effect::kLoad;
  MemoryAccess access = memory_access(step);
  accesses_.begin();
  bool is_shared = step.view.is_shared_by(step.lanes);
  for (const auto& [address, lanes] : groups_.find(step.lanes, addresses_)) {
    Location location;
    if (!locate(step.warp, space, address, step.effect.size, location)) continue;
    if (is_shared || step.view.is_shared_by(lanes)) {
      check_lanes(step, access, lanes, location);
    } else {
      for_each_lane(lanes,
                    [&](int lane) { check_lanes(step, access, LaneMask{1} << lane, location); });
    }
    if (is_mbarrier) {
      use_mbarrier(step, lanes, location);
    } else if (publishes) {
      publish(step, lanes, location);
    }
    if (!step.effect.is_strong) continue;
    // The lanes may have learned something.
    accesses_.begin();
    is_shared = false;
  }
}

// All but which lanes it is.
MemoryAccess RaceChecker::memory_access(const Step& step) {
  MemoryAccess access;
  access.warp = &step.warp;
  access.instruction = &step.instruction;
  access.issuer = step.view.agent();
  access.issue_time = step.view.now;
  access.record.time = step.view.now;
  access.record.site = site_of(step.instruction);
  access.record.agent = step.view.agent();
  access.record.scope = step.effect.scope;
  access.record.is_write =
      step.effect.effect != Effect::kLoad && step.effect.effect != Effect::kMbarrierWait;
  access.record.is_strong = step.effect.is_strong;
  if (step.effect.effect == Effect::kMbarrierInit) {
    access.record.agent = state_.init_agent(step.warp);
  }
  return access;
}

void RaceChecker::check_lanes(const Step& step, MemoryAccess& access, LaneMask lanes,
                              const Location& location) {
  access.lane = lowest_lane(lanes);
  access.view = step.view.of(access.lane).get();
  access.issuer_lanes = lanes;
  access.record.lanes = lanes;
  accesses_.check(access, location, step.effect.size);
}

// Strong accesses to one location order memory: a store that releases, or that follows a release
// fence, before a load that acquires, or that an acquire fence follows.
void RaceChecker::publish(const Step& step, LaneMask lanes, const Location& location) {
  auto& published = state_.published(location);
  const bool is_load = step.effect.effect != Effect::kStore;
  const bool is_store = step.effect.effect != Effect::kLoad;
  if (!step.effect.is_strong) {
    if (is_store && !published.empty()) published.erase(location.address);
    return;
  }
  if (const auto it = published.find(location.address); is_load && it != published.end()) {
    if (step.effect.acquires) {
      step.view.acquire(lanes, it->second);
    } else {
      step.view.see(lanes, it->second);
    }
  }
  if (!is_store) return;
  // Atomic operations keep what earlier ones published, stores replace it.
  if (!is_load) published.erase(location.address);
  if (step.effect.releases) {
    published[location.address].join(step.view.release(lanes));
    return;
  }
  step.view.release_by_fence(lanes,
                             [&](const View& view) { published[location.address].join(view); });
}

}  // namespace emulator::check
