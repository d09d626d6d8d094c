// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "emulator/ptx/type.h"
#include "emulator/units/swizzle.h"

namespace emulator {

inline constexpr int kMaxTensorRank = 5;

// What a tensor map describes (PTX ISA 5.5, cuTensorMapEncodeTiled). Dimension 0 is the innermost.
struct TensorMap {
  uint32_t magic = 0;
  uint8_t rank = 0;
  uint8_t data_type = 0;  // as the driver numbers them
  uint8_t interleave = 0;
  Swizzle swizzle = Swizzle::kNone;
  uint8_t fills_nan = 0;  // else out-of-bounds elements are zero
  std::array<uint8_t, kMaxTensorRank> element_strides{};
  std::array<uint16_t, kMaxTensorRank> box{};  // elements
  uint64_t address = 0;
  // Dims minus one: a dimension may have 2^32 elements.
  std::array<uint32_t, kMaxTensorRank> last_index{};
  std::array<uint64_t, kMaxTensorRank - 1> stride_bytes{};  // of dimensions 1 and up

  static constexpr uint32_t kMagic = 0x4d504d54;

  // What breaks a documented limit, or null.
  const char* find_problem() const;

  uint32_t element_bytes() const;
  // How reductions see the elements; kPred for a data type that is unknown.
  ptx::Type element_type() const;
  // Loads keep subnormals in all types; sums flush them in those that end in .ftz.
  bool flushes_subnormals() const { return data_type == 10 || data_type == 12; }
  bool rounds_to_tf32() const { return data_type == 11 || data_type == 12; }

 private:
  const char* find_alignment_problem() const;
  const char* find_box_problem() const;
};

inline constexpr uint32_t kTensorMapBytes = 128;
inline constexpr uint32_t kTensorMapAlignment = 64;
static_assert(sizeof(TensorMap) <= kTensorMapBytes);

}  // namespace emulator
