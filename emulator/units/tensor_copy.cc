// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_copy.h"

#include <algorithm>
#include <cstring>

namespace emulator {
namespace {

// Stores write whole units of this size (not in the manual: measured on an H200).
constexpr uint32_t kUnitBytes = 16;

// Visits the pieces of bytes [begin, end) of a box row that stay together under the swizzle:
// visit(bytes of the row before the piece, its place in shared memory, its size).
template <typename Visit>
void for_each_piece(Swizzle swizzle, const SharedPlace& row, uint32_t begin, uint32_t end,
                    Visit&& visit) {
  if (swizzle == Swizzle::kNone) {
    if (begin < end) visit(begin, SharedPlace{row.cta, row.offset + begin}, end - begin);
    return;
  }
  const uint32_t unit = swizzle == Swizzle::k128BAtom32BFlip8B ? 8 : kUnitBytes;
  while (begin < end) {
    const uint32_t size = std::min(end, begin / unit * unit + unit) - begin;
    visit(begin, SharedPlace{row.cta, swizzled_offset(swizzle, row.offset + begin)}, size);
    begin += size;
  }
}

SharedPlace place_of(const SharedPlace& box, const BoxRow& row) {
  return {box.cta, box.offset + row.shared_offset};
}

// The NaN that stands for elements outside of the tensor, as an H200 writes it.
constexpr uint64_t kOutOfBoundsNan = 0x7ff77ff77ff77ff7;

// The nearest number with 10 fraction bits, the even one between two; every NaN becomes the same.
uint32_t round_to_tf32(uint32_t word) {
  constexpr uint32_t kNan = 0x7fffe000;
  constexpr uint32_t kInfinity = 0x7f800000;
  const uint32_t magnitude = word & 0x7fffffff;
  if (magnitude > kInfinity) return kNan;
  const uint32_t is_odd = (word >> 13) & 1;
  return (word + 0xfff + is_odd) & ~0x1fffu;
}

void round_to_tf32(std::span<uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); i += sizeof(uint32_t)) {
    uint32_t word;
    std::memcpy(&word, &bytes[i], sizeof word);
    word = round_to_tf32(word);
    std::memcpy(&bytes[i], &word, sizeof word);
  }
}

}  // namespace

template <typename Visit>
void TensorCopy::for_each_piece(const SharedPlace& place, Visit&& visit) const {
  for (uint32_t i = 0; i < box_.num_rows(); ++i) {
    emulator::for_each_piece(
        box_.map().swizzle, place_of(place, box_.row(i)), 0, box_.row_bytes(),
        [&](uint32_t, const SharedPlace& piece, uint32_t size) { visit(piece, size); });
  }
}

void TensorCopy::claim_destination(const SharedPlace& place) const {
  for_each_piece(place, [&](const SharedPlace& piece, uint32_t size) {
    access_.claim_destination(piece, size);
  });
}

void TensorCopy::claim_source(const SharedPlace& place) const {
  for_each_piece(
      place, [&](const SharedPlace& piece, uint32_t size) { access_.claim_source(piece, size); });
}

void TensorCopy::release_source(const SharedPlace& place) const {
  for_each_piece(
      place, [&](const SharedPlace& piece, uint32_t size) { access_.release_source(piece, size); });
}

void TensorCopy::fill_outside(const BoxRow& row, std::span<uint8_t> bytes) const {
  const TensorMap& map = box_.map();
  const uint64_t fill = map.fills_nan ? kOutOfBoundsNan : 0;
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
      if (box_.map().rounds_to_tf32()) round_to_tf32(bytes);
    }
    if (row.inside_bytes() < bytes.size()) fill_outside(row, bytes);
    emulator::for_each_piece(box_.map().swizzle, place_of(to, row), 0, box_.row_bytes(),
                             [&](uint32_t begin, const SharedPlace& piece, uint32_t size) {
                               access_.write_shared(piece, std::span(bytes).subspan(begin, size));
                             });
  }
}

// What a store writes of a row: a unit that begins in the tensor is written to its end.
BoxRow TensorCopy::stored_row(uint32_t index) const {
  BoxRow row = box_.row(index);
  row.inside_end = (row.inside_end + kUnitBytes - 1) / kUnitBytes * kUnitBytes;
  return row;
}

std::vector<uint8_t> TensorCopy::read_box(const SharedPlace& from) const {
  std::vector<uint8_t> bytes(box_.bytes());
  for (uint32_t i = 0; i < box_.num_rows(); ++i) {
    const BoxRow row = stored_row(i);
    const auto of_row = std::span(bytes).subspan(i * box_.row_bytes(), box_.row_bytes());
    emulator::for_each_piece(box_.map().swizzle, place_of(from, row), row.inside_begin,
                             row.inside_end,
                             [&](uint32_t begin, const SharedPlace& piece, uint32_t size) {
                               access_.read_shared(piece, of_row.subspan(begin, size));
                             });
  }
  return bytes;
}

void TensorCopy::store_box(std::span<const uint8_t> bytes) const {
  for (uint32_t i = 0; i < box_.num_rows(); ++i) {
    const BoxRow row = stored_row(i);
    if (row.inside_bytes() == 0) continue;
    access_.write_global(
        row.address, bytes.subspan(i * box_.row_bytes() + row.inside_begin, row.inside_bytes()));
  }
}

void TensorCopy::reduce_box(std::span<const uint8_t> bytes, const Reduction& reduction) const {
  for (uint32_t i = 0; i < box_.num_rows(); ++i) {
    const BoxRow row = box_.row(i);
    if (row.inside_bytes() == 0) continue;
    if (row.inside_end % kUnitBytes != 0) {
      access_.fail(FaultKind::kUnsupported,
                   "a reduction at an edge of the tensor that divides 16 bytes: what hardware does "
                   "there is not known");
    }
    reduction.apply(access_.update_global(row.address, row.inside_bytes()),
                    bytes.subspan(i * box_.row_bytes() + row.inside_begin, row.inside_bytes()));
  }
}

}  // namespace emulator
