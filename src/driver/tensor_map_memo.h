// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <mutex>

#include "driver/tensor_map.h"

namespace mla::driver {

// The tensor maps encoded last. A map depends on address and tile alone, and the layers of a model
// ask for the same ones step after step. Safe from several threads.
class TensorMapMemo {
 public:
  CUtensorMap find_or_encode(const Driver& driver, const void* address, const TensorTile& tile);

 private:
  // A step of a server asks for a handful per layer; two that meet in one entry are encoded anew.
  static constexpr std::size_t kCapacity = 256;

  struct Entry {
    const void* address = nullptr;
    TensorTile tile = {.rank = 0};  // as no tile that can be encoded
    CUtensorMap map = {};
  };

  std::mutex mutex_;
  std::array<Entry, kCapacity> entries_;
};

}  // namespace mla::driver
