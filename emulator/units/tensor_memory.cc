// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_memory.h"

#include <algorithm>
#include <bit>

namespace emulator {
namespace {

// A signalling NaN: what is computed from it stays recognisable.
constexpr uint32_t kPoison = 0x7fa0cdcd;

}  // namespace

const char* TensorMemory::check_size(uint32_t num_columns) {
  const bool is_legal = std::has_single_bit(num_columns) && num_columns >= kColumnGranule &&
                        num_columns <= kNumColumns;
  return is_legal ? nullptr : "the number of columns must be a power of two from 32 to 512";
}

std::optional<uint32_t> TensorMemory::find_space(uint32_t num_columns) const {
  for (uint32_t column = 0; column + num_columns <= kNumColumns; column += kColumnGranule) {
    if (is_free(column, num_columns)) return column;
  }
  return std::nullopt;
}

bool TensorMemory::is_free(uint32_t column, uint32_t num_columns) const {
  const auto first = is_taken_.begin() + column / kColumnGranule;
  return std::none_of(first, first + num_columns / kColumnGranule,
                      [](bool taken) { return taken; });
}

void TensorMemory::allocate(TensorMemoryAllocation allocation) {
  if (!words_) {
    words_ = std::make_unique_for_overwrite<uint32_t[]>(size_t{kNumColumns} * kNumLanes);
    std::fill_n(words_.get(), size_t{kNumColumns} * kNumLanes, kPoison);
    initialised_.resize(kNumColumns);
  }
  std::fill_n(is_taken_.begin() + allocation.column / kColumnGranule,
              allocation.num_columns / kColumnGranule, true);
  allocations_.push_back(std::move(allocation));
}

const char* TensorMemory::deallocate(uint32_t address, uint32_t num_columns) {
  const auto it =
      std::ranges::find_if(allocations_, [address](const auto& a) { return a.column == address; });
  if (it == allocations_.end()) return "no allocation begins at this address";
  if (it->num_columns != num_columns) return "another number of columns than was allocated here";
  std::fill_n(is_taken_.begin() + it->column / kColumnGranule, num_columns / kColumnGranule, false);
  std::fill_n(lanes(it->column, 0), size_t{num_columns} * kNumLanes, kPoison);
  std::fill_n(initialised_.begin() + it->column, num_columns, decltype(initialised_)::value_type{});
  allocations_.erase(it);
  return nullptr;
}

bool TensorMemory::is_allocated(uint32_t column, uint32_t num_columns) const {
  if (uint64_t{column} + num_columns > kNumColumns) return false;
  for (uint32_t i = column / kColumnGranule; i * kColumnGranule < column + num_columns; ++i) {
    if (!is_taken_[i]) return false;
  }
  return true;
}

}  // namespace emulator
