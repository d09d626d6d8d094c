// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/race_state.h"

namespace emulator::check {
namespace {

std::string name_of(const Warp& warp) {
  return "warp " + std::to_string(warp.id());
}

}  // namespace

void follow(SyncObject& object, uint64_t generation) {
  if (object.generation == generation) return;
  object.generation = generation;
  object.completed = std::move(object.arriving);
  object.arriving = {};
}

void MbarrierState::follow(const Mbarrier& barrier) {
  if (barrier.phase() == sync.generation) return;
  sync.generation = barrier.phase();
  sync.completed.join(sync.arriving);
  sync.completed.known.learn(agent, kAllLanes, static_cast<Time>(sync.generation));
}

WarpView& RaceState::view_of(const Warp& warp) {
  if (&warp == recent_warp_) return *recent_view_;
  auto it = views_.find(&warp);
  if (it == views_.end()) {
    const Agent agent = add_agent(name_of(warp), warp.cta());
    it = views_.emplace(&warp, WarpView(agent, warp.live_lanes())).first;
  }
  recent_warp_ = &warp;
  return *(recent_view_ = &it->second);
}

MbarrierState& RaceState::mbarrier(const Cta& cta, uint32_t offset) {
  return state_of(cta).mbarriers.at(offset);
}

void RaceState::init_mbarrier(const Cta& cta, uint32_t offset) {
  MbarrierState state;
  const std::string symbol = cta.cluster.grid.program().shared_name(offset);
  state.agent = add_agent("a copy that signals " + symbol, cta);
  state_of(cta).mbarriers[offset] = std::move(state);
}

Agent RaceState::unit_agent(const Warp& warp, const std::string& unit) {
  return warp_agent(warp, unit, unit + " of " + name_of(warp));
}

Agent RaceState::init_agent(const Warp& warp) {
  return warp_agent(warp, "mbarrier.init", name_of(warp));
}

Agent RaceState::warp_agent(const Warp& warp, const std::string& unit, const std::string& name) {
  const auto [it, is_new] = unit_agents_[&warp].try_emplace(unit);
  if (is_new) it->second = add_agent(name, warp.cta());
  return it->second;
}

std::unordered_map<uint64_t, View>& RaceState::published(const Location& location) {
  return location.cta ? state_of(*location.cta).published : published_;
}

Agent RaceState::add_agent(std::string name, const Cta& cta) {
  agents_.push_back({std::move(name), cta.id, cta.cluster.id});
  return static_cast<Agent>(agents_.size() - 1);
}

void RaceState::forget(const Cluster& cluster) {
  for (const auto& cta : cluster.ctas) {
    ctas_.erase(cta.get());
    for (const auto& warp : cta->warps) {
      views_.erase(warp.get());
      unit_agents_.erase(warp.get());
    }
  }
  cluster_barriers_.erase(&cluster);
  recent_warp_ = nullptr;
  recent_cta_ = nullptr;
}

}  // namespace emulator::check
