// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace emulator {

// What a tensor map describes (PTX ISA 5.5, cuTensorMapEncodeTiled). Dimension 0 is the innermost.
struct TensorMap {
  uint32_t magic = 0;
  uint8_t rank = 0;
  uint8_t data_type = 0;  // as the driver numbers them
  uint8_t element_bytes = 0;
  uint8_t interleave = 0;
  uint8_t swizzle = 0;
  uint8_t fills_nan = 0;  // else out-of-bounds elements are zero
  std::array<uint8_t, 5> element_strides{};
  std::array<uint16_t, 5> box{};  // elements
  uint64_t address = 0;
  std::array<uint32_t, 5> last_index{};    // dims minus one: a dimension may have 2^32 elements
  std::array<uint64_t, 4> stride_units{};  // bytes / 16 of dimensions 1..4

  static constexpr uint32_t kMagic = 0x4d504d54;

  // What breaks a documented limit, or null.
  const char* find_problem() const;
};

static_assert(sizeof(TensorMap) <= 128);

// Bytes of an element of a driver data type; 0 for a number that is no type.
uint32_t tensor_element_bytes(int data_type);

}  // namespace emulator
