// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>
#include <vector>

#include "emulator/insn/tcgen05_operands.h"

namespace emulator {

// D of a tcgen05.mma in the tensor memory of one CTA. Outside it is an array of rows of
// `shape.n` words.
class Tcgen05Accumulator {
 public:
  // `index` is that of the CTA in its group.
  Tcgen05Accumulator(const AsyncAccess& access, Cta& cta, const Tcgen05Mma& mma, size_t index);

  // Reports words that hold nothing.
  std::vector<uint32_t> read() const;
  // Leaves the disabled lanes alone.
  void write(std::span<const uint32_t> words) const;

 private:
  static constexpr size_t kNumQuarters = TensorMemory::kNumLanes / kWarpSize;
  // Lanes of the four quarters of tensor memory.
  using Lanes = std::array<LaneMask, kNumQuarters>;

  Lanes enabled(Lanes lanes) const;
  void check_initialised(uint32_t column, const Lanes& lanes) const;

  // Calls visit(column of D, part, column of tensor memory).
  template <typename Visit>
  void for_each_column(Visit&& visit) const {
    const uint32_t columns = mma_.path.num_columns(mma_.shape.n);
    for (uint32_t column = 0; column < mma_.shape.n; ++column) {
      visit(column, column / columns, mma_.d.column + column % columns);
    }
  }

  const AsyncAccess& access_;
  TensorMemory& memory_;
  const Tcgen05Mma& mma_;
  size_t index_;
  std::array<Lanes, 4> lanes_{};  // that hold each part of D
};

}  // namespace emulator
