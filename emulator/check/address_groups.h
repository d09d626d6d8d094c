// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "emulator/core/lanes.h"

namespace emulator::check {

// The different addresses that the lanes of an instruction name, in the order of their first lanes.
class AddressGroups {
 public:
  struct Group {
    uint64_t address;
    LaneMask lanes;
  };

  std::span<const Group> find(LaneMask lanes, const std::array<uint64_t, kWarpSize>& addresses) {
    slots_.fill(kEmpty);
    size_ = 0;
    for_each_lane(lanes, [&](int lane) { add(addresses[static_cast<size_t>(lane)], lane); });
    return {groups_.data(), size_};
  }

 private:
  static constexpr size_t kNumSlots = 2 * kWarpSize;
  static constexpr uint8_t kEmpty = 0xff;

  void add(uint64_t address, int lane) {
    size_t slot = (address >> 2 ^ address >> 7) % kNumSlots;
    while (slots_[slot] != kEmpty && groups_[slots_[slot]].address != address) {
      slot = (slot + 1) % kNumSlots;
    }
    if (slots_[slot] == kEmpty) {
      slots_[slot] = static_cast<uint8_t>(size_);
      groups_[size_++] = {address, 0};
    }
    groups_[slots_[slot]].lanes |= LaneMask{1} << lane;
  }

  std::array<uint8_t, kNumSlots> slots_{};  // an open hash table of indices into groups_
  std::array<Group, kWarpSize> groups_;
  size_t size_ = 0;
};

}  // namespace emulator::check
