// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "emulator/core/async_access.h"
#include "emulator/units/reduction.h"
#include "emulator/units/tensor_box.h"

namespace emulator {

// Moves boxes between a tensor in global memory and shared memory, where they are swizzled.
class TensorCopy {
 public:
  TensorCopy(const AsyncAccess& access, const TensorBox& box) : access_(access), box_(box) {}

  const AsyncAccess& access() const { return access_; }
  const TensorBox& box() const { return box_; }

  // The shared memory of a box that begins at `place`, from issue until completion.
  void claim_destination(const SharedPlace& place) const;
  void claim_source(const SharedPlace& place) const;
  void release_source(const SharedPlace& place) const;

  // Copies rows [first, last) of the box; what lies outside of the tensor is filled.
  void load_rows(uint32_t first, uint32_t last, const SharedPlace& to) const;

  // The rows of the box one after the other, unswizzled. Only what will be written is read.
  std::vector<uint8_t> read_box(const SharedPlace& from) const;
  // What read_box() gave goes to the tensor: as it is, or combined with what is there.
  void store_box(std::span<const uint8_t> bytes) const;
  void reduce_box(std::span<const uint8_t> bytes, const Reduction& reduction) const;

 private:
  BoxRow stored_row(uint32_t index) const;
  void fill_outside(const BoxRow& row, std::span<uint8_t> bytes) const;
  template <typename Visit>
  void for_each_piece(const SharedPlace& place, Visit&& visit) const;

  AsyncAccess access_;
  TensorBox box_;
};

}  // namespace emulator
