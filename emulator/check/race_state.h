// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "emulator/check/shadow.h"
#include "emulator/check/warp_view.h"
#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"

namespace emulator::check {

// What those who arrive pass on to those who wait.
struct SyncObject {
  View arriving;
  View completed;
  uint64_t generation = 0;  // how often it has opened, as far as the checker has noticed
};

// An mbarrier is also the agent of the copies whose bytes it counts; their time is its phase.
struct MbarrierState {
  SyncObject sync;
  Agent agent = 0;

  // Notices that phases have ended. Arrivals are never forgotten: each one is ordered after those
  // of earlier phases.
  void follow(const Mbarrier& barrier);
};

// Opens when its generation has changed: who arrived before is known to those who pass it now.
void follow(SyncObject& object, uint64_t generation);

struct CtaState {
  Shadow shared;
  std::array<SyncObject, kNumNamedBarriers> barriers;
  std::unordered_map<uint32_t, MbarrierState> mbarriers;  // by offset
  std::unordered_map<uint64_t, View> published;           // by offset: see RaceState::published
};

struct AgentInfo {
  std::string name;
  Extent cta;
  Extent cluster;
};

// A place in memory that several agents reach.
struct Location {
  const Cta* cta = nullptr;  // whose shared memory; null: global memory
  uint64_t address = 0;      // the offset there, or the global address
};

// Everything that the race checker remembers about a running launch.
class RaceState {
 public:
  WarpView& view_of(const Warp& warp);
  CtaState& state_of(const Cta& cta) {
    if (&cta == recent_cta_) return *recent_cta_state_;
    recent_cta_ = &cta;
    return *(recent_cta_state_ = &ctas_[&cta]);
  }
  SyncObject& cluster_barrier(const Cluster& cluster) { return cluster_barriers_[&cluster]; }
  MbarrierState& mbarrier(const Cta& cta, uint32_t offset);
  void init_mbarrier(const Cta& cta, uint32_t offset);
  // The agent of a unit's work for one warp, for example its groups of copies.
  Agent unit_agent(const Warp& warp, const std::string& unit);

  // A warp's initialisations of mbarriers, which a fence may order by themselves.
  Agent init_agent(const Warp& warp);

  const AgentInfo& agent(Agent agent) const { return agents_[agent]; }
  Shadow& shadow_of(const Location& location) {
    return location.cta ? state_of(*location.cta).shared : global_;
  }
  // What strong stores to a location pass on to strong loads, by address.
  std::unordered_map<uint64_t, View>& published(const Location& location);

  void forget(const Cluster& cluster);

 private:
  Agent warp_agent(const Warp& warp, const std::string& unit, const std::string& name);
  Agent add_agent(std::string name, const Cta& cta);

  std::vector<AgentInfo> agents_;
  std::unordered_map<const Warp*, WarpView> views_;
  std::unordered_map<const Cta*, CtaState> ctas_;
  std::unordered_map<const Cluster*, SyncObject> cluster_barriers_;
  std::unordered_map<const Warp*, std::unordered_map<std::string, Agent>> unit_agents_;
  Shadow global_;
  std::unordered_map<uint64_t, View> published_;
  // The same warp and CTA are asked for many times in a row.
  const Cta* recent_cta_ = nullptr;
  CtaState* recent_cta_state_ = nullptr;
  const Warp* recent_warp_ = nullptr;
  WarpView* recent_view_ = nullptr;
};

// Where an address of the space lies, or false for private memory and addresses that do not exist.
inline bool locate(const Warp& warp, ptx::StateSpace space, uint64_t address, uint32_t size,
                   Location& location) {
  const bool is_shared =
      space == ptx::StateSpace::kShared ||
      (space == ptx::StateSpace::kGeneric && is_in_window(address, kSharedWindow));
  if (!is_shared) {
    location = {nullptr, address};
    return is_global_address(address);
  }
  const auto shared = static_cast<uint32_t>(address);
  const auto offset = shared & kSharedOffsetMask;
  Cta* cta = warp.cta().cluster.find_cta(shared >> kSharedRankShift);
  location = {cta, offset};
  return cta && cta->shared.contains(offset, size);
}

}  // namespace emulator::check
