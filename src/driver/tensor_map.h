// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>

#include "driver/driver.h"

namespace mla::driver {

// A tile of a tensor in global memory, as the copy engine sees it. Dimension 0 is the innermost and
// has elements next to each other.
struct TensorTile {
  static constexpr int kMaxRank = 5;

  CUtensorMapDataType data_type = kTensorMapUint8;
  int rank = 1;
  std::array<cuuint64_t, kMaxRank> dims = {};  // elements
  std::array<cuuint64_t, kMaxRank - 1> stride_bytes =
      {};                                     // of dimensions 1, 2, ...: multiples of 16
  std::array<cuuint32_t, kMaxRank> box = {};  // elements of one copy, up to 256 each
  CUtensorMapSwizzle swizzle = kSwizzleNone;
  CUtensorMapL2promotion l2_promotion = kL2Promotion256B;
  CUtensorMapFloatOOBfill out_of_bounds_fill = kOutOfBoundsZero;

  friend bool operator==(const TensorTile&, const TensorTile&) = default;
};

// The descriptor that a kernel takes as a __grid_constant__ parameter. Encoding needs a current
// context but no device work. Throws Error(kRuntime) with the tile's text when the driver refuses
// it.
CUtensorMap encode_tensor_map(const Driver& driver, const void* address, const TensorTile& tile);

// "rank 3, dims (576, 64, 1000), strides (576, 36864) bytes, box (128, 64, 1), swizzle 3"
std::string to_string(const TensorTile& tile);

}  // namespace mla::driver
