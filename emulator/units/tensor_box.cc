// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_box.h"

#include <algorithm>

namespace emulator {

TensorBox::TensorBox(const TensorMap& map, Mode mode, std::span<const int32_t> coordinates)
    : map_(map), mode_(mode), row_bytes_(map.box[0] * map.element_bytes()) {
  row_pitch_ = map.swizzle == Swizzle::kNone ? row_bytes_ : swizzle_span_bytes(map.swizzle);
  std::ranges::copy(coordinates, coordinates_.begin());
  if (mode == Mode::kFourRows) {
    num_rows_ = 4;
    return;
  }
  for (int i = 1; i < map.rank; ++i) {
    const uint32_t step = map.element_strides[i];
    extents_[i] = (map.box[i] + step - 1) / step;
    num_rows_ *= extents_[i];
  }
}

BoxRow TensorBox::row(uint32_t index) const {
  BoxRow row;
  row.shared_offset = index * row_pitch_;
  row.address = map_.address;
  for (int i = 1; i < map_.rank; ++i) {
    int64_t position = 0;
    if (mode_ == Mode::kFourRows) {
      position = coordinates_[1 + index];
    } else {
      position = coordinates_[i] + int64_t{index % extents_[i]} * map_.element_strides[i];
      index /= extents_[i];
    }
    if (position < 0 || position > int64_t{map_.last_index[i]}) return row;
    row.address += static_cast<uint64_t>(position) * map_.stride_bytes[i - 1];
  }
  const int64_t first = coordinates_[0];
  const int64_t begin = std::max<int64_t>(first, 0);
  const int64_t end = std::min(first + map_.box[0], int64_t{map_.last_index[0]} + 1);
  if (begin >= end) return row;
  const uint32_t element_bytes = map_.element_bytes();
  row.inside_begin = static_cast<uint32_t>(begin - first) * element_bytes;
  row.inside_end = static_cast<uint32_t>(end - first) * element_bytes;
  row.address += static_cast<uint64_t>(begin) * element_bytes;
  return row;
}

}  // namespace emulator
