// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "cpu/host_tensor.h"
#include "cpu/ops.h"
#include "cpu/reference.h"

// Decode calls of the CPU backend for tests to vary, and what they have to give.
namespace mla::cpu::test {

inline constexpr std::int64_t kLatent = 512;
inline constexpr std::int64_t kWidth = 576;

inline std::int64_t ceil_divide(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

struct Case {
  std::vector<std::int64_t> seq_lens = {70, 0, 1, 133, 5};
  std::int64_t q_len = 2;
  std::int64_t num_heads = 3;
  std::int64_t page_size = 16;
  DType dtype = DType::kBFloat16;
  DType out_dtype = DType::kFloat32;  // unrounded, to see float32's own error
  bool is_causal = true;
  bool has_4d_cache = false;
  float softmax_scale = 0.07f;
  float output_scale = 1.0f;
  float query_deviation = 1.0f;
  int cp_world = 1;
  int cp_rank = 0;
  std::vector<std::int64_t> causal_seqs = {};
  DecodeSchedule schedule = {.tile_rows = 4, .tile_kv = 16};
  int num_threads = 2;
  bool batch_invariant = false;
  LseBase lse_base = LseBase::kTwo;
  bool wants_lse = true;
};

// The tensors of a case. Cache rows that hold no key of any request are NaN.
struct Problem {
  explicit Problem(const Case& c);

  std::int64_t batch;
  std::int64_t max_pages;
  HostTensor query, cache, block_tables, seq_lens, causal_seqs, workspace, out, lse;
};

void run(const Case& c, Problem& problem);

// Compares what a run left in `problem` with float64.
void expect_right(const Case& c, Problem& problem, double tolerance = kFloat32Tolerance);

// Runs the case and compares.
void expect_right(const Case& c, double tolerance = kFloat32Tolerance);

}  // namespace mla::cpu::test
