// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "emulator/units/tensor_memory.h"

namespace emulator {

// How tcgen05.ld and tcgen05.st spread tensor memory over the registers of a warp
// (ISA 9.7.16.2.3): a base shape, repeated along the columns.
class TensorMemoryShape {
 public:
  enum class Kind : uint8_t { k32x32b, k16x64b, k16x128b, k16x256b, k16x32bx2 };

  // From the modifiers: "16x64b" and "x4"; `is_packed` with .pack::16b and .unpack::16b. Nothing
  // when the shape is not repeated so often (ISA table 49).
  static std::optional<TensorMemoryShape> find(std::string_view shape, std::string_view repeat,
                                               bool is_packed);

  constexpr TensorMemoryShape(Kind kind, uint32_t num_registers, bool is_packed)
      : kind_(kind), num_registers_(num_registers), is_packed_(is_packed) {}

  Kind kind() const { return kind_; }
  bool is_packed() const { return is_packed_; }
  uint32_t num_registers() const { return num_registers_; }
  uint32_t num_lanes() const { return kind_ == Kind::k32x32b ? 32 : 16; }
  // Columns from the address on; for 16x32bx2 those of each half.
  uint32_t num_columns() const;

  // The word behind register `r` of thread `t`, relative to the address; `split` is the column
  // offset of the second half of 16x32bx2. Of a packed register it is the low half; the high half
  // lies in the next column.
  TensorMemoryAddress place(uint32_t t, uint32_t r, uint32_t split) const;

 private:
  Kind kind_;
  uint32_t num_registers_;
  bool is_packed_;
};

}  // namespace emulator
