// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/tcgen05_accumulator.h"

namespace emulator {

Tcgen05Accumulator::Tcgen05Accumulator(const AsyncAccess& access, Cta& cta, const Tcgen05Mma& mma,
                                       size_t index)
    : access_(access), memory_(cta.tensor_core.memory), mma_(mma), index_(index) {
  for (uint32_t part = 0; part < mma.path.num_parts; ++part) {
    for (uint32_t row = 0; row < mma.path.num_rows; ++row) {
      const uint32_t lane = mma.d.lane + mma.path.lane(row, part);
      lanes_[part][lane / kWarpSize] |= LaneMask{1} << lane % kWarpSize;
    }
  }
}

Tcgen05Accumulator::Lanes Tcgen05Accumulator::enabled(Lanes lanes) const {
  for (size_t i = 0; i < kNumQuarters; ++i) {
    lanes[i] &= ~mma_.disabled_lanes[kNumQuarters * index_ + i];
  }
  return lanes;
}

void Tcgen05Accumulator::check_initialised(uint32_t column, const Lanes& lanes) const {
  for (uint32_t i = 0; i < kNumQuarters; ++i) {
    const LaneMask missing = lanes[i] & ~memory_.initialised(column, i * kWarpSize);
    if (missing == 0) continue;
    const uint32_t lane = i * kWarpSize + static_cast<uint32_t>(lowest_lane(missing));
    access_.fail(FaultKind::kUninitialisedTensorMemory,
                 "the product is added to tensor memory lane " + std::to_string(lane) + " column " +
                     std::to_string(column) + ", where nothing was written",
                 TensorMemoryAddress{lane, column}.bits());
  }
}

std::vector<uint32_t> Tcgen05Accumulator::read() const {
  const uint32_t num_rows = mma_.path.num_rows;
  std::vector<uint32_t> words(size_t{num_rows} * mma_.shape.n);
  for_each_column([&](uint32_t column, uint32_t part, uint32_t place) {
    check_initialised(place, lanes_[part]);
    const uint32_t* lanes = memory_.lanes(place, 0) + mma_.d.lane;
    for (uint32_t row = 0; row < num_rows; ++row) {
      words[row * mma_.shape.n + column] = lanes[mma_.path.lane(row, part)];
    }
  });
  return words;
}

void Tcgen05Accumulator::write(std::span<const uint32_t> words) const {
  for_each_column([&](uint32_t column, uint32_t part, uint32_t place) {
    const Lanes written = enabled(lanes_[part]);
    uint32_t* lanes = memory_.lanes(place, 0);
    for (uint32_t row = 0; row < mma_.path.num_rows; ++row) {
      const uint32_t lane = mma_.d.lane + mma_.path.lane(row, part);
      if (has_lane(written[lane / kWarpSize], static_cast<int>(lane % kWarpSize))) {
        lanes[lane] = words[row * mma_.shape.n + column];
      }
    }
    for (uint32_t i = 0; i < kNumQuarters; ++i) {
      memory_.set_initialised(place, i * kWarpSize, written[i]);
    }
  });
}

}  // namespace emulator
