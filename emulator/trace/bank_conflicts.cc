// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/trace/bank_conflicts.h"

#include <algorithm>
#include <vector>

namespace emulator::trace {
namespace {

constexpr uint64_t kWordBytes = 4;
constexpr uint64_t kNumBanks = 32;
constexpr uint64_t kSectorBytes = 32;

// The different units of `unit` bytes that the lanes touch, sorted.
std::vector<uint64_t> touched(const LaneAddresses& addresses, LaneMask lanes, uint32_t size,
                              uint64_t unit) {
  std::vector<uint64_t> units;
  units.reserve(kWarpSize);
  for_each_lane(lanes, [&](int lane) {
    const uint64_t first = addresses[static_cast<size_t>(lane)];
    for (uint64_t u = first / unit; u <= (first + size - 1) / unit; ++u) units.push_back(u);
  });
  if (!std::ranges::is_sorted(units)) std::ranges::sort(units);
  units.erase(std::ranges::unique(units).begin(), units.end());
  return units;
}

}  // namespace

Wavefronts count_wavefronts(const LaneAddresses& addresses, LaneMask lanes, uint32_t size) {
  const int lanes_per_part = size <= 4 ? 32 : size <= 8 ? 16 : 8;
  Wavefronts result;
  for (int first = 0; first < kWarpSize; first += lanes_per_part) {
    const LaneMask part = lanes_per_part == 32 ? kAllLanes : ((1u << lanes_per_part) - 1) << first;
    const auto words = touched(addresses, lanes & part, size, kWordBytes);
    if (words.empty()) continue;
    std::array<uint32_t, kNumBanks> load{};
    for (const uint64_t word : words) ++load[word % kNumBanks];
    result.needed += *std::ranges::max_element(load);
    result.ideal += static_cast<uint32_t>((words.size() + kNumBanks - 1) / kNumBanks);
  }
  return result;
}

uint32_t count_sectors(const LaneAddresses& addresses, LaneMask lanes, uint32_t size) {
  return static_cast<uint32_t>(touched(addresses, lanes, size, kSectorBytes).size());
}

}  // namespace emulator::trace
