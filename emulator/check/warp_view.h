// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>

#include "emulator/check/vector_clock.h"

namespace emulator::check {

// What somebody knows to have happened.
struct View {
  VectorClock known;
  // The part of it that a proxy fence has made visible to units that use the async proxy.
  VectorClock fenced;

  void join(const View& other) {
    known.join(other.known);
    fenced.join(other.fenced);
  }
  bool covers(const View& other) const {
    return known.covers(other.known) && fenced.covers(other.fenced);
  }
};

using ViewPointer = std::shared_ptr<const View>;

// What each lane of a warp knows. Lanes that synchronise together share a view.
class WarpView {
 public:
  // Lanes that hold no thread do nothing, so that nobody has to wait for them.
  WarpView(Agent agent, LaneMask populated);

  Agent agent() const { return agent_; }
  const ViewPointer& of(int lane) const { return views_[static_cast<size_t>(lane)]; }
  bool is_shared_by(LaneMask lanes) const;

  Time now = 0;

  void acquire(LaneMask lanes, const View& view);
  // What the lanes pass on: all they know and all they did up to now.
  View release(LaneMask lanes) const;
  void synchronise(LaneMask lanes);
  void fence_proxy(LaneMask lanes);
  void learn(LaneMask lanes, Agent agent, LaneMask agent_lanes, Time time);

  // Relaxed operations order memory together with fences: an acquire fence after a relaxed load, a
  // release fence before a relaxed store.
  void see(LaneMask lanes, const View& view);
  void fence(LaneMask lanes, bool acquires, bool releases);
  // fence.mbarrier_init: releases what the lanes have initialised and nothing else.
  void fence_inits(LaneMask lanes, Agent init_agent);
  // Calls pass_on(view) with what each lane's release fences allow relaxed operations to pass on.
  template <typename PassOn>
  void release_by_fence(LaneMask lanes, PassOn&& pass_on) const {
    for_each_lane(lanes, [&](int lane) {
      if (const ViewPointer& view = fence_views_[static_cast<size_t>(lane)]) pass_on(*view);
    });
  }

 private:
  // Replaces the views of the lanes by what `change` makes of them, each view once.
  template <typename Change>
  void update(LaneMask lanes, Change&& change);

  Agent agent_;
  LaneMask unpopulated_;
  std::array<ViewPointer, kWarpSize> views_;
  std::array<ViewPointer, kWarpSize> seen_;
  std::array<ViewPointer, kWarpSize> fence_views_;
};

}  // namespace emulator::check
