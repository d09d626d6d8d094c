// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_copy.h"

#include <algorithm>
#include <cstring>

namespace emulator {
namespace {

// Visits the pieces of a run of unswizzled shared memory that stay together under the swizzle:
// visit(bytes before the piece, its place in shared memory, its size).
template <typename Visit>
void for_each_piece(Swizzle swizzle, const SharedPlace& place, uint32_t begin, uint32_t end,
                    Visit&& visit) {
  const uint32_t unit = swizzle == Swizzle::kNone                ? end - begin
                        : swizzle == Swizzle::k128BAtom32BFlip8B ? 8
                                                                 : 16;
  while (begin < end) {
    const uint32_t size =
        swizzle == Swizzle::kNone ? unit : std::min(end, begin / unit * unit + unit) - begin;
    visit(begin, SharedPlace{place.cta, swizzled_offset(swizzle, place.offset + begin)}, size);
    begin += size;
  }
}

// The NaN that stands for elements outside of the tensor.
uint64_t out_of_bounds_nan(ptx::Type type) {
  switch (type) {
    case ptx::Type::kF16:
    case ptx::Type::kBf16: return 0x7fff;
    case ptx::Type::kF32: return 0x7fffffff;
    default: return 0x7fffffffffffffff;
  }
}

}  // namespace

void TensorCopy::claim_destination(const SharedPlace& place) const {
  for_each_piece(box_.map().swizzle, place, 0, box_.bytes(),
                 [&](uint32_t, const SharedPlace& piece, uint32_t size) {
                   access_.claim_destination(piece, size);
                 });
}

void TensorCopy::claim_source(const SharedPlace& place) const {
  for_each_piece(box_.map().swizzle, place, 0, box_.bytes(),
                 [&](uint32_t, const SharedPlace& piece, uint32_t size) {
                   access_.claim_source(piece, size);
                 });
}

void TensorCopy::release_source(const SharedPlace& place) const {
  for_each_piece(box_.map().swizzle, place, 0, box_.bytes(),
                 [&](uint32_t, const SharedPlace& piece, uint32_t size) {
                   access_.release_source(piece, size);
                 });
}

void TensorCopy::fill_outside(const BoxRow& row, std::span<uint8_t> bytes) const {
  const TensorMap& map = box_.map();
  const uint64_t fill = map.fills_nan ? out_of_bounds_nan(map.element_type()) : 0;
  for (uint32_t i = 0; i < bytes.size(); i += map.element_bytes()) {
    const bool is_inside = i >= row.inside_begin && i < row.inside_end;
    if (!is_inside) std::memcpy(bytes.data() + i, &fill, map.element_bytes());
  }
}

void TensorCopy::load_rows(uint32_t first, uint32_t last, const SharedPlace& to) const {
  std::vector<uint8_t> bytes(box_.row_bytes());
  for (uint32_t i = first; i < last; ++i) {
    const BoxRow row = box_.row(i);
    if (row.inside_bytes() > 0) {
      access_.read_global(row.address,
                          std::span(bytes).subspan(row.inside_begin, row.inside_bytes()));
    }
    if (row.inside_bytes() < bytes.size()) fill_outside(row, bytes);
    for_each_piece(box_.map().swizzle, to, row.box_offset, row.box_offset + box_.row_bytes(),
                   [&](uint32_t begin, const SharedPlace& piece, uint32_t size) {
                     access_.write_shared(piece,
                                          std::span(bytes).subspan(begin - row.box_offset, size));
                   });
  }
}

std::vector<uint8_t> TensorCopy::read_box(const SharedPlace& from) const {
  std::vector<uint8_t> bytes(box_.bytes());
  for (uint32_t i = 0; i < box_.num_rows(); ++i) {
    const BoxRow row = box_.row(i);
    for_each_piece(box_.map().swizzle, from, row.box_offset + row.inside_begin,
                   row.box_offset + row.inside_end,
                   [&](uint32_t begin, const SharedPlace& piece, uint32_t size) {
                     access_.read_shared(piece, std::span(bytes).subspan(begin, size));
                   });
  }
  return bytes;
}

void TensorCopy::store_box(std::span<const uint8_t> bytes) const {
  for (uint32_t i = 0; i < box_.num_rows(); ++i) {
    const BoxRow row = box_.row(i);
    if (row.inside_bytes() == 0) continue;
    access_.write_global(row.address,
                         bytes.subspan(row.box_offset + row.inside_begin, row.inside_bytes()));
  }
}

void TensorCopy::reduce_box(std::span<const uint8_t> bytes, const Reduction& reduction) const {
  for (uint32_t i = 0; i < box_.num_rows(); ++i) {
    const BoxRow row = box_.row(i);
    if (row.inside_bytes() == 0) continue;
    reduction.apply(access_.update_global(row.address, row.inside_bytes()),
                    bytes.subspan(row.box_offset + row.inside_begin, row.inside_bytes()));
  }
}

}  // namespace emulator
