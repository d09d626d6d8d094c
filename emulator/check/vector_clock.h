// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "emulator/core/lanes.h"

namespace emulator::check {

// Something that accesses memory in an order of its own: a warp, or a unit that works beside the
// warps. Agents are numbered within a launch.
using Agent = uint32_t;

// Counts an agent's steps. For a warp it is the number of instructions it has run.
using Time = uint32_t;

// Up to which time the accesses of each agent are known to have happened. The lanes of a warp may
// be known up to different times.
class VectorClock {
 public:
  // Whether what these lanes of the agent did at `time` is known.
  bool knows(Agent agent, LaneMask lanes, Time time) const;
  // Up to which time every lane of the agent is known; below zero: nothing is.
  int64_t time_of_all(Agent agent) const;
  void learn(Agent agent, LaneMask lanes, Time time);
  void join(const VectorClock& other);
  bool covers(const VectorClock& other) const;

 private:
  using LaneTimes = std::array<Time, kWarpSize>;
  struct Entry {
    Agent agent = 0;
    Time all = 0;                            // every lane
    std::shared_ptr<const LaneTimes> lanes;  // each lane, where they differ

    Time of_lane(int lane) const { return lanes ? (*lanes)[static_cast<size_t>(lane)] : all; }
    void raise(LaneMask mask, Time time);
    void raise(const Entry& other);
    void assign(const LaneTimes& times);
  };

  const Entry* find(Agent agent) const;
  Entry& find_or_add(Agent agent);

  std::vector<Entry> entries_;  // by agent
};

}  // namespace emulator::check
