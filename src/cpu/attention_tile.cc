// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cpu/attention_tile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu/rows.h"
#include "cpu/simd.h"
#include "cpu/tile_product.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/attention_tile.cc"
#include "hwy/foreach_target.h"
// The rest is compiled once per instruction set.
#include "cpu/online_softmax-inl.h"
#include "cpu/tile_product-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace mla::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// scores[key, row] = <key, query row>
void compute_scores(AttentionTile& tile, std::int64_t num_keys) {
  std::fill_n(tile.scores.get(), num_keys * tile.row_stride, 0.0f);
  multiply_add_simd({num_keys, tile.shape.d_qk, tile.row_stride},
                    {tile.keys.get(), tile.key_stride, 1}, tile.query.get(), tile.row_stride,
                    tile.scores.get(), tile.row_stride);
}

// scores -> weights, for a vector of rows at a time.
void compute_weights(AttentionTile& tile, std::int64_t num_keys) {
  const hn::CappedTag<float, kMaxLanes> d;
  for (std::int64_t row = 0; row < tile.row_stride; row += hn::Lanes(d)) {
    const ScoreColumns columns = {tile.scores.get() + row, tile.row_stride, num_keys};
    const float* num_visible = tile.num_visible.get() + row;
    const auto hides_key = hn::Lt(hn::Load(d, num_visible), hn::Set(d, float(num_keys)));
    if (!hn::AllFalse(d, hides_key)) mask_scores(d, columns, num_visible);
    const auto rescale = soften(d, columns, tile.max.get() + row, tile.sum.get() + row);
    hn::Store(rescale, d, tile.rescale.get() + row);
  }
}

void rescale_out(AttentionTile& tile) {
  const hn::CappedTag<float, kMaxLanes> d;
  for (int row = 0; row < tile.num_rows; ++row) {
    if (tile.rescale[row] == 1.0f) continue;
    const auto factor = hn::Set(d, tile.rescale[row]);
    float* out = tile.out_row(row);
    for (int i = 0; i < tile.shape.d_v; i += int(hn::Lanes(d))) {
      hn::Store(hn::Mul(factor, hn::Load(d, out + i)), d, out + i);
    }
  }
}

// out[row] += sum of weights[key, row] * value[key] over keys [first_key, last_key), for num_rows
// rows.
void add_values(AttentionTile& tile, int row, int num_rows, std::int64_t first_key,
                std::int64_t last_key) {
  const StridedMatrix weights = {tile.scores.get(), 1, tile.row_stride};
  multiply_add_simd({num_rows, last_key - first_key, tile.shape.d_v}, weights.from(row, first_key),
                    tile.value_row(first_key), tile.value_stride, tile.out_row(row),
                    tile.shape.d_v);
}

// Rows go together over the keys that all of them see, and alone over the rest: a weight of zero
// would not keep out an infinity or a NaN.
void add_visible_values(AttentionTile& tile, std::int64_t num_keys) {
  const auto visible_keys = [&](int row) {
    return std::int64_t(std::min(tile.num_visible[row], float(num_keys)));
  };
  for (int begin = 0; begin < tile.num_rows; begin += kBlockRows) {
    const int end = std::min(begin + kBlockRows, tile.num_rows);
    std::int64_t shared = num_keys;
    for (int row = begin; row < end; ++row) shared = std::min(shared, visible_keys(row));
    add_values(tile, begin, end - begin, 0, shared);
    for (int row = begin; row < end; ++row) add_values(tile, row, 1, shared, visible_keys(row));
  }
}

void attend_simd(AttentionTile& tile, std::int64_t num_keys) {
  compute_scores(tile, num_keys);
  compute_weights(tile, num_keys);
  rescale_out(tile);
  add_visible_values(tile, num_keys);
}

}  // namespace mla::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mla::cpu {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// An odd number of cache lines, so that a column of a tile does not fall into a few cache sets.
std::int64_t padded_stride(int columns) {
  const std::int64_t lines = round_up(columns, kMaxLanes) / kMaxLanes;
  return (lines | 1) * kMaxLanes;
}

// Highway allocates no empty buffers.
AttentionTile::Floats allocate(std::int64_t count) {
  return hwy::AllocateAligned<float>(std::max<std::int64_t>(count, 1));
}

}  // namespace

HWY_EXPORT(multiply_add_simd);
HWY_EXPORT(attend_simd);

void multiply_add(ProductShape shape, StridedMatrix a, const float* b, std::int64_t b_stride,
                  float* c, std::int64_t c_stride) {
  HWY_DYNAMIC_DISPATCH(multiply_add_simd)(shape, a, b, b_stride, c, c_stride);
}

AttentionTile::AttentionTile(const AttentionTileShape& tile_shape)
    : shape(tile_shape),
      key_stride(padded_stride(shape.d_qk)),
      value_stride(shape.has_separate_values ? padded_stride(shape.d_v) : key_stride) {
  const std::int64_t max_rows = round_up(shape.max_rows, kMaxLanes);
  query = allocate(shape.d_qk * max_rows);
  query_row = allocate(shape.d_qk);
  keys = allocate(shape.max_keys * key_stride);
  if (shape.has_separate_values) {
    separate_values = allocate(shape.max_keys * value_stride);
  }
  scores = allocate(shape.max_keys * max_rows);
  for (Floats* floats : {&num_visible, &rescale, &max, &sum}) {
    *floats = allocate(max_rows);
  }
  out = allocate(std::int64_t(shape.max_rows) * shape.d_v);
}

void AttentionTile::start(int rows) {
  num_rows = rows;
  row_stride = round_up(rows, kMaxLanes);
  std::fill_n(query.get(), shape.d_qk * row_stride, 0.0f);
  std::fill_n(num_visible.get(), row_stride, kInfinity);
  std::fill_n(max.get(), row_stride, -kInfinity);
  std::fill_n(sum.get(), row_stride, 0.0f);
  std::fill_n(out.get(), std::int64_t(rows) * shape.d_v, 0.0f);
}

void AttentionTile::set_query(int row, DType dtype, const void* source, float scale) {
  to_float(dtype, source, query_row.get(), shape.d_qk);
  for (int i = 0; i < shape.d_qk; ++i) query[i * row_stride + row] = scale * query_row[i];
}

void AttentionTile::attend(std::int64_t num_keys) {
  HWY_DYNAMIC_DISPATCH(attend_simd)(*this, num_keys);
}

double AttentionTile::lse(int row) const {
  return sum[row] == 0.0f ? -kInfinity : double(max[row]) + std::log2(double(sum[row]));
}

void AttentionTile::store_out(int row, float scale, DType dtype, void* target) {
  const float factor = sum[row] == 0.0f ? 0.0f : scale / sum[row];
  from_float(out_row(row), factor, dtype, target, shape.d_v);
}

}  // namespace mla::cpu
#endif  // HWY_ONCE
