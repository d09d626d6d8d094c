// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/vector_clock.h"

#include <algorithm>

namespace emulator::check {

// Keeps the separate times only as long as they differ.
void VectorClock::Entry::assign(const LaneTimes& times) {
  const auto [lowest, highest] = std::ranges::minmax(times);
  all = lowest;
  lanes = lowest == highest ? nullptr : std::make_shared<const LaneTimes>(times);
}

void VectorClock::Entry::raise(LaneMask mask, Time time) {
  if (time <= all) return;
  if (mask == kAllLanes && !lanes) {
    all = time;
    return;
  }
  LaneTimes times;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    const Time known = of_lane(lane);
    times[static_cast<size_t>(lane)] = has_lane(mask, lane) ? std::max(known, time) : known;
  }
  assign(times);
}

void VectorClock::Entry::raise(const Entry& other) {
  if (!other.lanes) {
    raise(kAllLanes, other.all);
    return;
  }
  if (lanes == other.lanes) return;
  LaneTimes times;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    times[static_cast<size_t>(lane)] = std::max(of_lane(lane), other.of_lane(lane));
  }
  assign(times);
}

const VectorClock::Entry* VectorClock::find(Agent agent) const {
  const auto it = std::ranges::lower_bound(entries_, agent, {}, &Entry::agent);
  return it != entries_.end() && it->agent == agent ? &*it : nullptr;
}

VectorClock::Entry& VectorClock::find_or_add(Agent agent) {
  const auto it = std::ranges::lower_bound(entries_, agent, {}, &Entry::agent);
  if (it != entries_.end() && it->agent == agent) return *it;
  return *entries_.insert(it, Entry{agent, 0, nullptr});
}

bool VectorClock::knows(Agent agent, LaneMask lanes, Time time) const {
  const Entry* entry = find(agent);
  if (!entry) return false;
  if (entry->all >= time) return true;
  if (!entry->lanes) return false;
  bool known = true;
  for_each_lane(lanes, [&](int lane) { known &= entry->of_lane(lane) >= time; });
  return known;
}

int64_t VectorClock::time_of_all(Agent agent) const {
  const Entry* entry = find(agent);
  return entry ? int64_t{entry->all} : -1;
}

void VectorClock::learn(Agent agent, LaneMask lanes, Time time) {
  find_or_add(agent).raise(lanes, time);
}

void VectorClock::join(const VectorClock& other) {
  for (const Entry& entry : other.entries_) find_or_add(entry.agent).raise(entry);
}

bool VectorClock::covers(const VectorClock& other) const {
  return std::ranges::all_of(other.entries_, [&](const Entry& theirs) {
    const Entry* own = find(theirs.agent);
    if (!own) return false;
    if (!own->lanes && !theirs.lanes) return own->all >= theirs.all;
    for (int lane = 0; lane < kWarpSize; ++lane) {
      if (own->of_lane(lane) < theirs.of_lane(lane)) return false;
    }
    return true;
  });
}

}  // namespace emulator::check
