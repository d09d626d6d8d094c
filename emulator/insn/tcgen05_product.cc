// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/tcgen05_product.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "emulator/insn/float_format.h"
#include "emulator/numerics/matrix_product.h"

namespace emulator {
namespace {

// 4 or 6 for the formats of which 16 elements are packed into 16 bytes of shared memory, else 0.
uint32_t packed_bits(OperandFormat format) {
  switch (format) {
    case OperandFormat::kE2m1: return 4;
    case OperandFormat::kE2m3:
    case OperandFormat::kE3m2: return 6;
    default: return 0;
  }
}

// One tcgen05.mma on one CTA of its group.
class Product {
 public:
  Product(const AsyncAccess& access, std::span<Cta* const> group, size_t index,
          const Tcgen05Mma& mma)
      : access_(access), group_(group), index_(index), mma_(mma) {}

  void run() { mma_.variant.kind == MmaKind::kI8 ? multiply_integers() : multiply_floats(); }

 private:
  Cta& cta() const { return *group_[index_]; }
  TensorMemory& memory() const { return cta().tensor_core.memory; }
  uint32_t element_bytes() const { return mma_element_bytes(mma_.variant.kind); }

  void read_a(uint32_t bits, const ElementSink& sink) const {
    if (mma_.is_a_in_tensor_memory) return read_tensor_memory_matrix(access_, cta(), mma_, sink);
    read_matrix(access_, cta(), mma_.a_matrix, mma_.path.num_rows, element_bytes(), bits, sink);
  }

  // Each CTA of a pair holds half of the columns.
  void read_b(uint32_t bits, const ElementSink& sink) const {
    const uint32_t columns = mma_.columns_per_cta();
    uint32_t first = 0;
    for (Cta* holder : group_) {
      read_matrix(access_, *holder, mma_.b_matrix, columns, element_bytes(), bits,
                  [&](uint32_t n, uint32_t k, uint32_t value) { sink(first + n, k, value); });
      first += columns;
    }
  }

  TensorMemoryAddress place_of(uint32_t row, uint32_t column) const {
    const TensorMemoryAddress place = mma_.path.place(row, column, mma_.shape.n);
    return {place.lane + mma_.d.lane, place.column + mma_.d.column};
  }

  bool is_disabled(uint32_t lane) const {
    return mma_.disabled_lanes[4 * index_ + lane / 32] >> lane % 32 & 1;
  }

  uint32_t read_d(uint32_t row, uint32_t column) const {
    const TensorMemoryAddress place = place_of(row, column);
    if (!memory().is_initialised(place.lane, place.column)) {
      access_.fail(FaultKind::kUninitialisedTensorMemory,
                   "the product is added to tensor memory lane " + std::to_string(place.lane) +
                       " column " + std::to_string(place.column) + ", where nothing was written",
                   place.bits());
    }
    return memory().word(place.lane, place.column);
  }

  void write_d(uint32_t row, uint32_t column, uint32_t value) const {
    const TensorMemoryAddress place = place_of(row, column);
    if (!is_disabled(place.lane)) memory().write(place.lane, place.column, value);
  }

  void multiply_floats() const {
    const bool is_half = mma_.shape.accumulator() == AccumulatorType::kF16;
    OperandTile a = read_tile(mma_.shape.a_format(mma_.variant.kind), mma_.path.num_rows, true);
    OperandTile b = read_tile(mma_.shape.b_format(mma_.variant.kind), mma_.shape.n, false);
    if (mma_.shape.negates_a) a.negate();
    if (mma_.shape.negates_b) b.negate();
    const uint32_t n = mma_.shape.n;
    std::vector<float> d(size_t{mma_.path.num_rows} * n);
    if (mma_.accumulates) {
      for_each_element([&](uint32_t row, uint32_t column) {
        const uint32_t word = read_d(row, column);
        const float value =
            is_half ? decode_operand(OperandFormat::kF16, word) : std::bit_cast<float>(word);
        d[row * n + column] = std::ldexp(value, -static_cast<int>(mma_.d_scale_bits));
      });
    }
    const auto format = is_half ? AccumulatorFormat::kF16 : AccumulatorFormat::kF32;
    multiply_accumulate(a, b, blackwell_rule(format), cta().cluster.grid.options.arithmetic,
                        d.data(), static_cast<int>(n));
    for_each_element([&](uint32_t row, uint32_t column) {
      const float value = d[row * n + column];
      write_d(row, column,
              is_half ? static_cast<uint32_t>(
                            round_to_format(value, kF16Format, Rounding::kNearestEven, false))
                      : std::bit_cast<uint32_t>(value));
    });
  }

  OperandTile read_tile(OperandFormat format, uint32_t extent, bool is_a) const {
    OperandTile tile(format, static_cast<int>(extent), static_cast<int>(mma_.depth()));
    const ElementSink sink = [&](uint32_t mn, uint32_t k, uint32_t bits) {
      tile.set(static_cast<int>(mn), static_cast<int>(k), bits);
    };
    is_a ? read_a(packed_bits(format), sink) : read_b(packed_bits(format), sink);
    return tile;
  }

  void multiply_integers() const {
    const uint32_t depth = mma_.depth();
    std::vector<int32_t> a(size_t{mma_.path.num_rows} * depth);
    std::vector<int32_t> b(size_t{mma_.shape.n} * depth);
    read_a(0, integer_sink(a, mma_.shape.a_type != 0));
    read_b(0, integer_sink(b, mma_.shape.b_type != 0));
    for_each_element([&](uint32_t row, uint32_t column) {
      int64_t sum = mma_.accumulates ? static_cast<int32_t>(read_d(row, column)) : 0;
      for (uint32_t k = 0; k < depth; ++k) {
        sum += int64_t{a[row * depth + k]} * b[column * depth + k];
      }
      if (mma_.shape.saturates) {
        using Limits = std::numeric_limits<int32_t>;
        sum = std::clamp<int64_t>(sum, Limits::min(), Limits::max());
      }
      write_d(row, column, static_cast<uint32_t>(sum));
    });
  }

  ElementSink integer_sink(std::vector<int32_t>& values, bool is_signed) const {
    return [&values, is_signed, depth = mma_.depth()](uint32_t mn, uint32_t k, uint32_t bits) {
      values[mn * depth + k] =
          is_signed ? static_cast<int8_t>(bits) : static_cast<int32_t>(bits & 0xff);
    };
  }

  template <typename Visit>
  void for_each_element(Visit&& visit) const {
    for (uint32_t row = 0; row < mma_.path.num_rows; ++row) {
      for (uint32_t column = 0; column < mma_.shape.n; ++column) visit(row, column);
    }
  }

  const AsyncAccess& access_;
  std::span<Cta* const> group_;
  size_t index_;
  const Tcgen05Mma& mma_;
};

}  // namespace

void multiply(const AsyncAccess& access, std::span<Cta* const> group, const Tcgen05Mma& mma) {
  for (size_t i = 0; i < group.size(); ++i) Product(access, group, i, mma).run();
}

}  // namespace emulator
