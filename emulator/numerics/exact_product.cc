// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/numerics/exact_product.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "emulator/numerics/aligned_sum.h"
#include "emulator/numerics/product_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int kMaxColumns = 256;
constexpr int kMaxDepth = 32;

// What one row of the result needs besides the operands, an array element for each column.
struct RowWork {
  alignas(64) int16_t largest[kMaxColumns];     // exponent to which the column is aligned
  alignas(64) float accumulator[kMaxColumns];   // its value before the instruction
  alignas(64) float scale_up_f32[kMaxColumns];  // makes the last bit that is kept a one
  alignas(64) double scale_up[kMaxColumns];
  alignas(64) double scale_down[kMaxColumns];  // and back
  alignas(64) double sums[kMaxColumns];
};

double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<int64_t>(exponent + 1023) << 52);
}

void load_accumulators(const float* d, int num_columns, const ProductRule& rule, RowWork& work) {
  std::copy_n(d, num_columns, work.accumulator);
  const int min_exponent = accumulator_min_exponent(rule.accumulator);
  for (int n = 0; n < num_columns; ++n) {
    work.largest[n] = alignment_exponent(work.accumulator[n], min_exponent);
  }
}

// The largest exponent among the products of a row and each column, and the accumulator.
void find_largest_exponents(const OperandTile& a, int row, const OperandTile& b, RowWork& work) {
  const hn::ScalableTag<int16_t> tag;
  for (int n = 0; n < b.padded_extent(); n += static_cast<int>(hn::Lanes(tag))) {
    auto largest = hn::Load(tag, work.largest + n);
    for (int k = 0; k < a.depth(); ++k) {
      const auto exponents = hn::LoadU(tag, b.exponents(k) + n);
      largest = hn::Max(largest, hn::Add(exponents, hn::Set(tag, a.exponents(k)[row])));
    }
    hn::Store(largest, tag, work.largest + n);
  }
}

// Exponents below `lowest` belong to columns of zeros only, whatever they are scaled by.
void find_scales(const ProductRule& rule, int lowest, int num_columns, RowWork& work) {
  for (int n = 0; n < num_columns; ++n) {
    const int shift = rule.aligned_fraction_bits - std::max<int>(work.largest[n], lowest);
    work.scale_up[n] = power_of_two(shift);
    work.scale_up_f32[n] = static_cast<float>(work.scale_up[n]);
    work.scale_down[n] = power_of_two(-shift);
  }
}

// Vectors of the compiler: their conversion to integers is one instruction of the processor.
constexpr int kLanes = 16;
using Floats = float __attribute__((vector_size(kLanes * 4)));
using Ints = int32_t __attribute__((vector_size(kLanes * 4)));
using Doubles = double __attribute__((vector_size(kLanes * 8)));

template <typename Vector, typename T>
Vector load(const T* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

// The sums in f32 and 32-bit integers. Each of the two integers takes every other product: 16
// products of less than 2^27 fit.
void add_products_f32(const OperandTile& a, int row, const OperandTile& b, RowWork& work) {
  for (int n = 0; n < b.padded_extent(); n += kLanes) {
    const auto scale = load<Floats>(work.scale_up_f32 + n);
    const auto truncate = [](Floats values) { return __builtin_convertvector(values, Ints); };
    const auto product = [&](int k) {
      return truncate(load<Floats>(b.values(k) + n) * scale * a.values(k)[row]);
    };
    Ints even = truncate(load<Floats>(work.accumulator + n) * scale);
    Ints odd = {};
    for (int k = 0; k < a.depth(); k += 2) {
      even += product(k);
      odd += product(k + 1);
    }
    const Doubles sums =
        __builtin_convertvector(even, Doubles) + __builtin_convertvector(odd, Doubles);
    const Doubles scaled = sums * load<Doubles>(work.scale_down + n);
    std::memcpy(work.sums + n, &scaled, sizeof scaled);
  }
}

// The sums in f64, for operands whose products leave the range of f32.
void add_products_f64(const OperandTile& a, int row, const OperandTile& b, RowWork& work) {
  const hn::ScalableTag<double> tag;
  const hn::Rebind<float, decltype(tag)> floats;
  for (int n = 0; n < b.padded_extent(); n += static_cast<int>(hn::Lanes(tag))) {
    const auto load_doubles = [&](const float* values) {
      return hn::PromoteTo(tag, hn::LoadU(floats, values + n));
    };
    const auto scale = hn::Load(tag, work.scale_up + n);
    // Adding to +0 first keeps a zero positive.
    auto sum = hn::Add(hn::Zero(tag), hn::Trunc(hn::Mul(load_doubles(work.accumulator), scale)));
    for (int k = 0; k < a.depth(); ++k) {
      const auto factor = hn::Set(tag, static_cast<double>(a.values(k)[row]));
      sum = hn::Add(sum, hn::Trunc(hn::Mul(hn::Mul(load_doubles(b.values(k)), factor), scale)));
    }
    hn::Store(hn::Mul(sum, hn::Load(tag, work.scale_down + n)), tag, work.sums + n);
  }
}

// Columns that the code above cannot do: infinities, NaNs, and a tiny accumulator beside zeros.
void redo_special_sums(const OperandTile& a, int row, const OperandTile& b, const ProductRule& rule,
                       int lowest, RowWork& work) {
  int num_special = a.is_special(row) || b.has_special();
  for (int n = 0; n < b.extent(); ++n) {
    const float c = work.accumulator[n];
    num_special += !(std::fabs(c) <= std::numeric_limits<float>::max());
    num_special += c != 0 && work.largest[n] < lowest;
  }
  if (num_special == 0) return;
  for (int n = 0; n < b.extent(); ++n) {
    const float c = work.accumulator[n];
    const bool is_special = a.is_special(row) || b.is_special(n) || !std::isfinite(c);
    if (is_special || work.largest[n] < lowest) work.sums[n] = aligned_sum(a, row, b, n, c, rule);
  }
}

// Rounds results that are normal f32 numbers by cutting bits off; says whether all of them are.
bool cut_off_normal_sums(int fraction_bits, int num_columns, const RowWork& work, float* d) {
  const int64_t mask = static_cast<int64_t>(~uint64_t{0} << (52 - fraction_bits));
  int num_others = 0;
  for (int n = 0; n < num_columns; ++n) {
    const double sum = work.sums[n];
    const double magnitude = std::fabs(sum);
    num_others += !(magnitude < 0x1p128);
    num_others += magnitude < 0x1p-126 && magnitude != 0;
    d[n] = static_cast<float>(std::bit_cast<double>(std::bit_cast<int64_t>(sum) & mask));
  }
  return num_others == 0;
}

void round_row(const ProductRule& rule, int num_columns, const RowWork& work, float* d) {
  const bool is_done = rule.accumulator == AccumulatorFormat::kF32 &&
                       cut_off_normal_sums(rule.result_fraction_bits, num_columns, work, d);
  if (is_done) return;
  for (int n = 0; n < num_columns; ++n) d[n] = round_sum(work.sums[n], rule);
}

// Whether every product, scaled so that the last bit kept is a one, is exact in f32.
bool fits_float32(const OperandTile& tile) {
  constexpr int kLimit = 30;
  return tile.lowest_exponent() >= -kLimit && tile.highest_exponent() <= kLimit;
}

void multiply_exactly(const OperandTile& a, const OperandTile& b, const ProductRule& rule, float* d,
                      int stride) {
  if (b.extent() > kMaxColumns || a.depth() > kMaxDepth || a.depth() % 2 != 0) {
    throw std::invalid_argument("a product of more than 256 columns or 32 deep");
  }
  const bool uses_float32 = fits_float32(a) && fits_float32(b);
  const int lowest = uses_float32 ? -62 : -600;
  RowWork work{};
  for (int row = 0; row < a.extent(); ++row) {
    float* d_row = d + static_cast<ptrdiff_t>(row) * stride;
    load_accumulators(d_row, b.extent(), rule, work);
    find_largest_exponents(a, row, b, work);
    find_scales(rule, lowest, b.padded_extent(), work);
    if (uses_float32) {
      add_products_f32(a, row, b, work);
    } else {
      add_products_f64(a, row, b, work);
    }
    redo_special_sums(a, row, b, rule, lowest, work);
    round_row(rule, b.extent(), work, d_row);
  }
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator {

HWY_EXPORT(multiply_exactly);
void multiply_exactly(const OperandTile& a, const OperandTile& b, const ProductRule& rule, float* d,
                      int stride) {
  HWY_DYNAMIC_DISPATCH(multiply_exactly)(a, b, rule, d, stride);
}

}  // namespace emulator
#endif
