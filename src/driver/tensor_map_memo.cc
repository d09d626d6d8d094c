// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "driver/tensor_map_memo.h"

#include <cstdint>

namespace mla::driver {
namespace {

// Entries are equally likely whatever of an address and a tile differs from another.
std::uint64_t hash(const void* address, const TensorTile& tile) {
  constexpr std::uint64_t kOddMultiplier = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  std::uint64_t mixed = reinterpret_cast<std::uintptr_t>(address);
  const auto mix = [&](std::uint64_t value) { mixed = (mixed ^ value) * kOddMultiplier; };
  for (const cuuint64_t dim : tile.dims) mix(dim);
  for (const cuuint64_t stride : tile.stride_bytes) mix(stride);
  return mixed >> 32;
}

}  // namespace

CUtensorMap TensorMapMemo::find_or_encode(const Driver& driver, const void* address,
                                          const TensorTile& tile) {
  Entry& entry = entries_[hash(address, tile) % kCapacity];
  const std::lock_guard lock(mutex_);
  if (entry.address != address || entry.tile != tile) {
    entry = {address, tile, encode_tensor_map(driver, address, tile)};
  }
  return entry.map;
}

}  // namespace mla::driver
