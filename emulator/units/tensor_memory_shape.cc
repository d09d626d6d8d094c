// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_memory_shape.h"

#include <array>
#include <charconv>

namespace emulator {
namespace {

constexpr uint32_t kMaxRegisters = 128;

struct BaseShape {
  std::string_view name;
  TensorMemoryShape::Kind kind;
  uint32_t num_registers;  // of .x1
};

constexpr std::array<BaseShape, 5> kBaseShapes = {{
    {"32x32b", TensorMemoryShape::Kind::k32x32b, 1},
    {"16x64b", TensorMemoryShape::Kind::k16x64b, 1},
    {"16x128b", TensorMemoryShape::Kind::k16x128b, 2},
    {"16x256b", TensorMemoryShape::Kind::k16x256b, 4},
    {"16x32bx2", TensorMemoryShape::Kind::k16x32bx2, 1},
}};

}  // namespace

std::optional<TensorMemoryShape> TensorMemoryShape::find(std::string_view shape,
                                                         std::string_view repeat, bool is_packed) {
  uint32_t count = 0;
  std::from_chars(repeat.data() + 1, repeat.data() + repeat.size(), count);
  for (const BaseShape& base : kBaseShapes) {
    const uint32_t num_registers = base.num_registers * count;
    if (base.name != shape || num_registers > kMaxRegisters) continue;
    return TensorMemoryShape(base.kind, num_registers, is_packed);
  }
  return std::nullopt;
}

uint32_t TensorMemoryShape::num_columns() const {
  // 32 threads hold 32 or 16 lanes; each half of 16x32bx2 has 16 threads for its 16 lanes.
  const bool has_two_threads_per_lane =
      kind_ == Kind::k16x64b || kind_ == Kind::k16x128b || kind_ == Kind::k16x256b;
  return num_registers_ * (has_two_threads_per_lane ? 2 : 1) * (is_packed_ ? 2 : 1);
}

TensorMemoryAddress TensorMemoryShape::place(uint32_t t, uint32_t r, uint32_t split) const {
  TensorMemoryAddress place;
  uint32_t offset = 0;
  switch (kind_) {
    case Kind::k32x32b: place = {t, r}; break;
    case Kind::k16x64b: place = {t / 4 + 8 * (t & 1), (t >> 1 & 1) + 2 * r}; break;
    case Kind::k16x128b: place = {t / 4 + 8 * (r & 1), t % 4 + 4 * (r >> 1)}; break;
    case Kind::k16x256b:
      place = {t / 4 + 8 * (r >> 1 & 1), 2 * (t % 4) + (r & 1) + 8 * (r >> 2)};
      break;
    case Kind::k16x32bx2:
      place = {t % 16, r};
      offset = t < 16 ? 0 : split;
      break;
  }
  if (is_packed_) place.column *= 2;
  place.column += offset;
  return place;
}

}  // namespace emulator
