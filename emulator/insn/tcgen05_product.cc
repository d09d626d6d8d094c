// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/tcgen05_product.h"

#include <bit>
#include <cmath>

#include "emulator/insn/float_format.h"
#include "emulator/insn/tcgen05_accumulator.h"
#include "emulator/numerics/integer_product.h"
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

void read_a(const AsyncAccess& access, Cta& cta, const Tcgen05Mma& mma, uint32_t bits,
            const ElementSink& sink) {
  if (mma.is_a_in_tensor_memory) return read_tensor_memory_matrix(access, cta, mma, sink);
  read_matrix(access, cta, mma.a_matrix, mma.path.num_rows, mma_element_bytes(mma.variant.kind),
              bits, sink);
}

// Each CTA of a pair holds half of the columns.
void read_b(const AsyncAccess& access, std::span<Cta* const> group, const Tcgen05Mma& mma,
            uint32_t bits, const ElementSink& sink) {
  const uint32_t columns = mma.columns_per_cta();
  uint32_t first = 0;
  for (Cta* holder : group) {
    read_matrix(access, *holder, mma.b_matrix, columns, mma_element_bytes(mma.variant.kind), bits,
                [&](uint32_t n, uint32_t k, uint32_t value) { sink(first + n, k, value); });
    first += columns;
  }
}

ElementSink into(OperandTile& tile) {
  return [&tile](uint32_t mn, uint32_t k, uint32_t bits) {
    tile.set(static_cast<int>(mn), static_cast<int>(k), bits);
  };
}

OperandTile make_tile(OperandFormat format, uint32_t extent, const Tcgen05Mma& mma) {
  return {format, static_cast<int>(extent), static_cast<int>(mma.depth())};
}

bool is_half(const Tcgen05Mma& mma) {
  return mma.shape.accumulator() == AccumulatorType::kF16;
}

std::vector<float> read_floats(const Tcgen05Accumulator& accumulator, const Tcgen05Mma& mma) {
  if (!mma.accumulates) return std::vector<float>(size_t{mma.path.num_rows} * mma.shape.n);
  const int scale = -static_cast<int>(mma.d_scale_bits);
  std::vector<float> values;
  for (const uint32_t word : accumulator.read()) {
    const float value =
        is_half(mma) ? decode_operand(OperandFormat::kF16, word) : std::bit_cast<float>(word);
    values.push_back(scale == 0 ? value : std::ldexp(value, scale));
  }
  return values;
}

void write_floats(const Tcgen05Accumulator& accumulator, const Tcgen05Mma& mma,
                  std::span<const float> values) {
  std::vector<uint32_t> words;
  words.reserve(values.size());
  for (const float value : values) {
    words.push_back(is_half(mma) ? static_cast<uint32_t>(round_to_format(
                                       value, kF16Format, Rounding::kNearestEven, false))
                                 : std::bit_cast<uint32_t>(value));
  }
  accumulator.write(words);
}

void multiply_floats(const AsyncAccess& access, std::span<Cta* const> group,
                     const Tcgen05Mma& mma) {
  const OperandFormat a_format = mma.shape.a_format(mma.variant.kind);
  const OperandFormat b_format = mma.shape.b_format(mma.variant.kind);
  const auto format = is_half(mma) ? AccumulatorFormat::kF16 : AccumulatorFormat::kF32;
  OperandTile b = make_tile(b_format, mma.shape.n, mma);
  read_b(access, group, mma, packed_bits(b_format), into(b));
  if (mma.shape.negates_b) b.negate();
  for (size_t i = 0; i < group.size(); ++i) {
    OperandTile a = make_tile(a_format, mma.path.num_rows, mma);
    read_a(access, *group[i], mma, packed_bits(a_format), into(a));
    if (mma.shape.negates_a) a.negate();
    const Tcgen05Accumulator accumulator(access, *group[i], mma, i);
    std::vector<float> d = read_floats(accumulator, mma);
    multiply_accumulate(a, b, blackwell_rule(format), group[i]->cluster.grid.options.arithmetic,
                        d.data(), static_cast<int>(mma.shape.n));
    write_floats(accumulator, mma, d);
  }
}

ElementSink into(IntegerTile& tile) {
  return [&tile](uint32_t mn, uint32_t k, uint32_t bits) {
    tile.set(static_cast<int>(mn), static_cast<int>(k), bits);
  };
}

void multiply_integers(const AsyncAccess& access, std::span<Cta* const> group,
                       const Tcgen05Mma& mma) {
  const auto make = [&](bool is_signed, uint32_t extent) {
    return IntegerTile(is_signed, static_cast<int>(extent), static_cast<int>(mma.depth()));
  };
  IntegerTile b = make(mma.shape.b_type != 0, mma.shape.n);
  read_b(access, group, mma, 0, into(b));
  for (size_t i = 0; i < group.size(); ++i) {
    IntegerTile a = make(mma.shape.a_type != 0, mma.path.num_rows);
    read_a(access, *group[i], mma, 0, into(a));
    const Tcgen05Accumulator accumulator(access, *group[i], mma, i);
    std::vector<uint32_t> d(size_t{mma.path.num_rows} * mma.shape.n);
    if (mma.accumulates) d = accumulator.read();
    multiply_accumulate(a, b, mma.shape.saturates, d.data(), static_cast<int>(mma.shape.n));
    accumulator.write(d);
  }
}

}  // namespace

void multiply(const AsyncAccess& access, std::span<Cta* const> group, const Tcgen05Mma& mma) {
  mma.variant.kind == MmaKind::kI8 ? multiply_integers(access, group, mma)
                                   : multiply_floats(access, group, mma);
}

}  // namespace emulator
