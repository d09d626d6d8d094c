// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/register_allocation.h"

#include <algorithm>
#include <numeric>
#include <queue>

#include "emulator/ptx/liveness.h"

namespace emulator::ptx {
namespace {

uint32_t slots_of(Type type) {
  return type == Type::kPred ? 1 : static_cast<uint32_t>(std::max(1, size_bits(type) / 32));
}

// Places of one size; a place is given again once the register that held it is dead.
class PlacePool {
 public:
  explicit PlacePool(uint32_t width) : width_(width) {}

  uint32_t take(const LiveInterval& interval, uint32_t& num_places) {
    while (!busy_.empty() && busy_.top().last < interval.first) {
      free_.push_back(busy_.top().place);
      busy_.pop();
    }
    uint32_t place = 0;
    if (free_.empty()) {
      place = num_places;
      num_places += width_;
    } else {
      place = free_.back();
      free_.pop_back();
    }
    busy_.push({interval.last, place});
    return place;
  }

 private:
  struct Busy {
    uint32_t last;
    uint32_t place;
    bool operator>(const Busy& other) const { return last > other.last; }
  };
  uint32_t width_;
  std::vector<uint32_t> free_;
  std::priority_queue<Busy, std::vector<Busy>, std::greater<>> busy_;
};

}  // namespace

RegisterAllocation allocate_registers(const Kernel& kernel) {
  const std::vector<LiveInterval> intervals = find_live_intervals(kernel);
  std::vector<uint32_t> order(intervals.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](uint32_t r) { return intervals[r].first; });

  RegisterAllocation allocation;
  allocation.is_asynchronous = find_asynchronous_registers(kernel);
  allocation.place.resize(intervals.size());
  allocation.is_maybe_missing = find_maybe_missing(kernel, intervals);
  PlacePool predicates(1);
  PlacePool slots[3] = {PlacePool(1), PlacePool(2), PlacePool(4)};
  for (const uint32_t r : order) {
    if (!intervals[r].is_used()) break;  // unused registers sort behind all others
    const Type type = kernel.registers[r].type;
    if (type == Type::kPred) {
      allocation.place[r] = predicates.take(intervals[r], allocation.num_predicates);
    } else {
      PlacePool& pool = slots[slots_of(type) / 2];
      allocation.place[r] = pool.take(intervals[r], allocation.num_slots);
    }
  }
  return allocation;
}

}  // namespace emulator::ptx
