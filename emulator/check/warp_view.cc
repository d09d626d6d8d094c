// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/warp_view.h"

namespace emulator::check {

WarpView::WarpView(Agent agent, LaneMask populated) : agent_(agent), unpopulated_(~populated) {
  views_.fill(std::make_shared<const View>());
}

bool WarpView::is_shared_by(LaneMask lanes) const {
  const ViewPointer& first = of(lowest_lane(lanes));
  bool is_shared = true;
  for_each_lane(lanes, [&](int lane) { is_shared &= of(lane) == first; });
  return is_shared;
}

template <typename Change>
void WarpView::update(LaneMask lanes, Change&& change) {
  while (lanes != 0) {
    const ViewPointer old = of(lowest_lane(lanes));
    LaneMask sharing = 0;
    for_each_lane(lanes, [&](int lane) { sharing |= LaneMask{of(lane) == old} << lane; });
    auto changed = std::make_shared<View>(*old);
    change(*changed, sharing);
    for_each_lane(sharing, [&](int lane) { views_[static_cast<size_t>(lane)] = changed; });
    lanes &= ~sharing;
  }
}

void WarpView::acquire(LaneMask lanes, const View& view) {
  bool is_news = false;
  for_each_lane(lanes, [&](int lane) {
    const bool repeats = lane > 0 && has_lane(lanes, lane - 1) && of(lane) == of(lane - 1);
    is_news |= !repeats && !of(lane)->covers(view);
  });
  if (is_news) update(lanes, [&](View& own, LaneMask) { own.join(view); });
}

View WarpView::release(LaneMask lanes) const {
  View released;
  const View* last = nullptr;
  for_each_lane(lanes, [&](int lane) {
    if (of(lane).get() == last) return;
    last = of(lane).get();
    released.join(*last);
  });
  released.known.learn(agent_, lanes | unpopulated_, now);
  return released;
}

void WarpView::synchronise(LaneMask lanes) {
  const auto common = std::make_shared<const View>(release(lanes));
  for_each_lane(lanes, [&](int lane) { views_[static_cast<size_t>(lane)] = common; });
}

void WarpView::fence_proxy(LaneMask lanes) {
  update(lanes, [&](View& view, LaneMask sharing) {
    view.fenced.join(view.known);
    view.fenced.learn(agent_, sharing | unpopulated_, now);
  });
}

void WarpView::learn(LaneMask lanes, Agent agent, LaneMask agent_lanes, Time time) {
  update(lanes, [&](View& view, LaneMask) { view.known.learn(agent, agent_lanes, time); });
}

void WarpView::see(LaneMask lanes, const View& view) {
  for_each_lane(lanes, [&](int lane) {
    ViewPointer& seen = seen_[static_cast<size_t>(lane)];
    auto joined = seen ? std::make_shared<View>(*seen) : std::make_shared<View>();
    joined->join(view);
    seen = joined;
  });
}

void WarpView::fence_inits(LaneMask lanes, Agent init_agent) {
  for_each_lane(lanes, [&](int lane) {
    ViewPointer& released = fence_views_[static_cast<size_t>(lane)];
    auto with_inits = released ? std::make_shared<View>(*released) : std::make_shared<View>();
    with_inits->known.learn(init_agent, LaneMask{1} << lane, now);
    released = with_inits;
  });
}

void WarpView::fence(LaneMask lanes, bool acquires, bool releases) {
  for_each_lane(lanes, [&](int lane) {
    const LaneMask alone = LaneMask{1} << lane;
    ViewPointer& seen = seen_[static_cast<size_t>(lane)];
    if (acquires && seen) {
      acquire(alone, *seen);
      seen.reset();
    }
    if (releases) {
      fence_views_[static_cast<size_t>(lane)] = std::make_shared<const View>(release(alone));
    }
  });
}

}  // namespace emulator::check
