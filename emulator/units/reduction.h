// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "emulator/ptx/type.h"

namespace emulator {

// What an asynchronous reduction does to one element. Other clusters may run on other host threads,
// so that each element is changed in one atomic step.
class Reduction {
 public:
  // "add", "min", "max", "inc", "dec", "and", "or" or "xor" of elements of the type. Whether there
  // is such a reduction is up to is_supported(). Sums of f32 keep subnormals or flush them.
  Reduction(std::string_view operation, ptx::Type type, bool flushes_subnormals = false);

  bool is_supported() const { return combine_ != nullptr; }
  uint32_t element_bytes() const { return element_bytes_; }
  // Combines the elements of `operands` with those at the destination.
  void apply(uint8_t* destination, std::span<const uint8_t> operands) const;

 private:
  using Combine = void (*)(uint8_t* destination, const uint8_t* operand);
  static Combine find(std::string_view operation, ptx::Type type);

  Combine combine_;
  uint32_t element_bytes_;
};

}  // namespace emulator
