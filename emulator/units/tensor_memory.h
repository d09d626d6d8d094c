// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/core/lanes.h"
#include "emulator/report.h"

namespace emulator {

// A place in tensor memory (ISA 9.7.16.1.1): the lane in the high half, the column in the low one.
struct TensorMemoryAddress {
  uint32_t lane = 0;
  uint32_t column = 0;

  static TensorMemoryAddress from_bits(uint32_t bits) { return {bits >> 16, bits & 0xffff}; }
  uint32_t bits() const { return lane << 16 | column; }
};

// Columns that one tcgen05.alloc has taken.
struct TensorMemoryAllocation {
  uint32_t column = 0;
  uint32_t num_columns = 0;
  FaultPlace place;  // of the instruction
};

// The tensor memory of one CTA: 128 lanes of 512 columns of 32 bits, with an owner for each column
// and, for each word, whether anything was written to it.
class TensorMemory {
 public:
  static constexpr uint32_t kNumLanes = 128;
  static constexpr uint32_t kNumColumns = 512;
  static constexpr uint32_t kColumnGranule = 32;

  // Why this many columns cannot be asked for, or null.
  static const char* check_size(uint32_t num_columns);

  // Where so many free columns lie beside each other, the lowest place.
  std::optional<uint32_t> find_space(uint32_t num_columns) const;
  bool is_free(uint32_t column, uint32_t num_columns) const;
  void allocate(TensorMemoryAllocation allocation);
  // Frees what one alloc has taken; the words lose their values. Returns what is wrong, or null.
  const char* deallocate(uint32_t address, uint32_t num_columns);
  const std::vector<TensorMemoryAllocation>& allocations() const { return allocations_; }
  // True when every column of the range exists and is allocated.
  bool is_allocated(uint32_t column, uint32_t num_columns) const;

  // 32 words of neighbouring lanes, the first a multiple of 32. The column must be allocated.
  uint32_t* lanes(uint32_t column, uint32_t first_lane) {
    return words_.get() + size_t{column} * kNumLanes + first_lane;
  }
  uint32_t& word(uint32_t lane, uint32_t column) { return *lanes(column, lane); }
  // Which of the 32 lanes from `first_lane` on hold a value.
  LaneMask initialised(uint32_t column, uint32_t first_lane) const {
    return initialised_[column][first_lane / kWarpSize];
  }
  bool is_initialised(uint32_t lane, uint32_t column) const {
    return has_lane(initialised(column, lane), static_cast<int>(lane % kWarpSize));
  }
  void set_initialised(uint32_t column, uint32_t first_lane, LaneMask lanes) {
    initialised_[column][first_lane / kWarpSize] |= lanes;
  }
  void write(uint32_t lane, uint32_t column, uint32_t value) {
    word(lane, column) = value;
    set_initialised(column, lane, LaneMask{1} << lane % kWarpSize);
  }

 private:
  std::unique_ptr<uint32_t[]> words_;  // columns of 128 lanes; made by the first allocation
  std::vector<std::array<LaneMask, kNumLanes / kWarpSize>> initialised_;
  std::array<bool, kNumColumns / kColumnGranule> is_taken_{};
  std::vector<TensorMemoryAllocation> allocations_;
};

}  // namespace emulator
