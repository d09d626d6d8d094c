// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_map.h"

#include <iterator>

namespace emulator {
namespace {

constexpr uint32_t kElementBytes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};

// How many bytes of the innermost box dimension a swizzle mode can hold; 0: any.
uint32_t swizzle_span(uint8_t swizzle) {
  switch (swizzle) {
    case 0: return 0;
    case 1: return 32;
    case 2: return 64;
    default: return 128;
  }
}

constexpr uint8_t kMaxSwizzle = 6;
constexpr uint8_t kInterleave32B = 2;

}  // namespace

uint32_t tensor_element_bytes(int data_type) {
  const bool is_known = data_type >= 0 && data_type < static_cast<int>(std::size(kElementBytes));
  return is_known ? kElementBytes[data_type] : 0;
}

const char* TensorMap::find_problem() const {
  if (element_bytes == 0) return "unknown data type";
  if (rank < 1 || rank > 5) return "the rank must be 1 to 5";
  if (interleave > kInterleave32B) return "unknown interleave layout";
  if (interleave != 0 && rank < 3) return "interleaved layouts need a rank of 3 or more";
  if (swizzle > kMaxSwizzle) return "unknown swizzle mode";
  const uint64_t alignment = interleave == kInterleave32B ? 32 : 16;
  if (address == 0 || address % alignment != 0) return "the address must be aligned to 16 bytes";
  for (int i = 0; i < rank; ++i) {
    if (box[i] < 1 || box[i] > 256) return "box dimensions must be 1 to 256";
    if (element_strides[i] < 1 || element_strides[i] > 8) return "element strides must be 1 to 8";
  }
  for (int i = 0; i + 1 < rank; ++i) {
    if (stride_units[i] == 0 || stride_units[i] >= uint64_t{1} << 36) {
      return "strides must be positive multiples of 16 below 2^40";
    }
  }
  const uint32_t inner_bytes = box[0] * uint32_t{element_bytes};
  if (interleave == 0 && inner_bytes % 16 != 0) {
    return "the innermost box dimension must be a multiple of 16 bytes";
  }
  const uint32_t span = swizzle_span(swizzle);
  if (interleave == 0 && span != 0 && inner_bytes > span) {
    return "the innermost box dimension is wider than the swizzle";
  }
  if (interleave == kInterleave32B && swizzle != 1)
    return "32-byte interleave needs 32-byte swizzle";
  return nullptr;
}

}  // namespace emulator
