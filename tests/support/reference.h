// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "mla/tensor.h"
#include "support/host_tensor.h"

// What the library's functions compute, as loops in double; nothing here uses the library.
namespace mla::test {

// Attention of one query row over its keys, with what tolerance.h derives its bounds from.
struct AttentionRow {
  std::vector<double> out;            // [d_v]
  std::vector<double> rounded_out;    // out, had the probabilities been rounded to a narrower dtype
  std::vector<double> second_moment;  // the probability-weighted mean of value^2
  std::vector<double> rounding_walk;  // the root of the sum of (probability * value)^2
  double lse = 0;                     // natural logarithm; -inf without keys
  double score_size = 0;              // no |score| of the row is larger
  std::int64_t num_keys = 0;
};

struct Attention {
  Shape shape;  // of out
  std::vector<AttentionRow> rows;
};

struct Rows {
  const double* data = nullptr;
  std::int64_t stride = 0;

  const double* row(std::int64_t i) const { return data + i * stride; }
};

// One query row [d_qk] over the first num_keys rows of keys [*, d_qk] and values [*, d_v].
struct AttentionProblem {
  const double* query = nullptr;
  Rows keys;
  Rows values;
  std::int64_t d_qk = 0;
  std::int64_t d_v = 0;
  std::int64_t num_keys = 0;
  double softmax_scale = 1;
  double output_scale = 1;
  DType probability_dtype = DType::kFloat32;
};

AttentionRow attend(const AttentionProblem& problem);

// The FP8 bits of value * scale: product in float32, nearest even, saturating, NaN kept.
std::uint32_t cast_fp8(double value, float scale, DType fp8);

struct MergedRow {
  std::vector<double> out;
  double lse = 0;  // natural
};

// Attention over the union of key sets; a partial whose (natural) lse is -inf is neutral.
MergedRow merge(const std::vector<const double*>& outs, const std::vector<double>& lses,
                std::int64_t head_dim);

}  // namespace mla::test
