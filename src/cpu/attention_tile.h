// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "hwy/aligned_allocator.h"
#include "mla/tensor.h"

namespace mla::cpu {

struct AttentionTileShape {
  int max_rows = 64;  // query rows that share one pass over the keys
  int max_keys = 64;  // keys per step
  int d_qk = 0;
  int d_v = 0;                       // a multiple of 16
  bool has_separate_values = false;  // else a value is the first d_v columns of its key
};

// Attention of a few query rows, with its buffers; keys arrive a tile at a time. Decode and prefill
// are loops around it:
//
//   start(num_rows), set_query(row, ...)
//   for each tile of keys: fill key_row(key), value_row(key), set_num_visible(row, ...);
//   attend(num_keys) store_out(row, ...), lse(row)
//
// Everything is float32. Scores are in base 2 and lie transposed, [key, row], so that the softmax
// of a row runs down one vector lane and the same key tile, as the cache holds it, serves both
// products.
struct AttentionTile {
  using Floats = hwy::AlignedFreeUniquePtr<float[]>;

  AttentionTileShape shape;
  std::int64_t key_stride;
  std::int64_t value_stride;
  int num_rows = 0;
  std::int64_t row_stride = 0;  // num_rows rounded up to whole vectors
  Floats query;                 // [d_qk, row_stride], scaled
  Floats query_row;             // [d_qk]
  Floats keys;                  // [max_keys, key_stride]
  Floats separate_values;       // [max_keys, value_stride] or empty
  Floats num_visible;           // [row_stride] keys that a row sees, from the first; at first all
  Floats scores;                // [max_keys, row_stride], then the weights
  Floats rescale;               // [row_stride]
  Floats max;                   // [row_stride] of the scores so far
  Floats sum;                   // [row_stride] of 2^(score - max)
  Floats out;                   // [num_rows, d_v], to be divided by sum

  explicit AttentionTile(const AttentionTileShape& tile_shape);

  float* key_row(std::int64_t key) { return keys.get() + key * key_stride; }
  float* value_row(std::int64_t key) { return values() + key * value_stride; }
  float* values() { return shape.has_separate_values ? separate_values.get() : keys.get(); }
  float* out_row(int row) { return out.get() + std::int64_t(row) * shape.d_v; }
  void set_num_visible(int row, std::int64_t count) { num_visible[row] = float(count); }

  // Forgets all queries and keys.
  void start(int rows);

  // Sets a row of the query, multiplied by `scale`: softmax_scale * log2(e) makes scores base 2.
  void set_query(int row, DType dtype, const void* source, float scale);

  // Takes in the first num_keys keys of the tile. A key that a row does not see is no influence on
  // it, even if it holds NaN.
  void attend(std::int64_t num_keys);

  // Base-2 log-sum-exp of a row's scores; -inf when it saw no key.
  double lse(int row) const;

  // Writes scale * softmax * V of a row: zeros when it saw no key.
  void store_out(int row, float scale, DType dtype, void* target);
};

}  // namespace mla::cpu
