// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "driver/tensor_map.h"

#include <span>

#include "mla/error.h"

namespace mla::driver {
namespace {

template <typename T>
std::string list_text(std::span<const T> values) {
  std::string text = "(";
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(values[i]);
  }
  return text + ")";
}

}  // namespace

CUtensorMap encode_tensor_map(const Driver& driver, const void* address, const TensorTile& tile) {
  constexpr std::array<cuuint32_t, TensorTile::kMaxRank> kUnitStrides = {1, 1, 1, 1, 1};
  if (tile.rank < 1 || tile.rank > TensorTile::kMaxRank) {
    throw Error(ErrorKind::kValue, "tensor map", "rank must be 1 to 5", std::to_string(tile.rank));
  }
  CUtensorMap map;
  const CUresult result = driver->cuTensorMapEncodeTiled(
      &map, tile.data_type, cuuint32_t(tile.rank), const_cast<void*>(address), tile.dims.data(),
      tile.stride_bytes.data(), tile.box.data(), kUnitStrides.data(), kInterleaveNone, tile.swizzle,
      tile.l2_promotion, tile.out_of_bounds_fill);
  if (result != kSuccess) [[unlikely]] {
    driver.check(result, "encoding a tensor map of " + to_string(tile));
  }
  return map;
}

std::string to_string(const TensorTile& tile) {
  const auto rank = std::size_t(tile.rank);
  return "rank " + std::to_string(rank) + ", dims " +
         list_text(std::span<const cuuint64_t>(tile.dims).first(rank)) + ", strides " +
         list_text(std::span<const cuuint64_t>(tile.stride_bytes).first(rank - 1)) +
         " bytes, box " + list_text(std::span<const cuuint32_t>(tile.box).first(rank)) +
         ", swizzle " + std::to_string(int(tile.swizzle));
}

}  // namespace mla::driver
