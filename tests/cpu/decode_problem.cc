// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cpu/decode_problem.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>

namespace mla::cpu::test {
namespace {

// How many keys token t of request b sees, by counting.
std::int64_t count_visible(const Case& c, std::int64_t b, std::int64_t t) {
  std::int64_t count = 0;
  for (std::int64_t key = 0; key < c.seq_lens[b]; ++key) {
    const std::int64_t global_length = c.causal_seqs.empty() ? c.seq_lens[b] : c.causal_seqs[b];
    const std::int64_t global_key = key * c.cp_world + c.cp_rank;
    count += !c.is_causal || global_key < global_length - (c.q_len - 1) + t;
  }
  return count;
}

RowResult reference(const Case& c, Problem& problem, std::int64_t b, std::int64_t t,
                    std::int64_t h) {
  std::vector<double> query;
  for (std::int64_t i = 0; i < kWidth; ++i) query.push_back(problem.query.get({b, t, h, i}));
  const auto key = [&](std::int64_t j) {
    const std::int64_t page = problem.block_tables.int_at({b, j / c.page_size});
    std::vector<double> row;
    for (std::int64_t i = 0; i < kWidth; ++i) {
      row.push_back(problem.cache.get({page, j % c.page_size, i}));
    }
    return row;
  };
  return reference_row(query, count_visible(c, b, t), c.softmax_scale, kLatent, key, key);
}

}  // namespace

Problem::Problem(const Case& c)
    : batch(std::int64_t(c.seq_lens.size())),
      max_pages(ceil_divide(*std::max_element(c.seq_lens.begin(), c.seq_lens.end()), c.page_size)),
      query(c.dtype, {batch, c.q_len, c.num_heads, kWidth}, 7),
      cache(c.dtype, {batch * max_pages + 3, c.page_size, kWidth}, 5),
      block_tables(DType::kInt32, {batch, max_pages + 2}),
      seq_lens(DType::kInt32, {batch}),
      causal_seqs(DType::kInt32, {batch}),
      workspace(DType::kUInt8,
                {1 + (c.schedule.num_workers - 1) * c.q_len * c.num_heads * (kLatent + 1) * 4}),
      out(c.out_dtype, {batch, c.q_len, c.num_heads, kLatent}, 3),
      lse(DType::kFloat32, {batch, c.q_len, c.num_heads}) {
  std::mt19937 random(7);
  query.fill(random, c.query_deviation);
  std::vector<std::int32_t> pages(batch * max_pages + 3);
  std::iota(pages.begin(), pages.end(), 0);
  std::shuffle(pages.begin(), pages.end(), random);
  for (std::int64_t b = 0; b < batch; ++b) {
    seq_lens.int_at({b}) = std::int32_t(c.seq_lens[b]);
    if (!c.causal_seqs.empty()) causal_seqs.int_at({b}) = std::int32_t(c.causal_seqs[b]);
    for (std::int64_t key = 0; key < c.seq_lens[b]; ++key) {
      std::int32_t& page = block_tables.int_at({b, key / c.page_size});
      if (key % c.page_size == 0) {
        page = pages.back();
        pages.pop_back();
      }
      cache.fill_row({page, key % c.page_size}, random);
    }
  }
}

void run(const Case& c, Problem& problem) {
  DecodeArgs args;
  args.query = problem.query.view();
  args.kv_cache = problem.cache.view();
  args.block_tables = problem.block_tables.view();
  args.seq_lens = problem.seq_lens.view();
  args.workspace_buffer = problem.workspace.view();
  args.out = problem.out.view();
  args.softmax_scale = c.softmax_scale;
  args.output_scale = c.output_scale;
  args.is_causal = c.is_causal;
  args.lse_base = c.lse_base;
  args.batch_invariant = c.batch_invariant;
  args.cp_world = c.cp_world;
  args.cp_rank = c.cp_rank;
  if (c.has_4d_cache) {
    TensorView& cache = args.kv_cache;
    cache.rank = 4;
    cache.shape = {cache.shape[0], 1, cache.shape[1], cache.shape[2]};
    cache.strides = {cache.strides[0], 12345, cache.strides[1], 1};
  }
  // The workspace begins at an odd address.
  args.workspace_buffer.data = static_cast<char*>(args.workspace_buffer.data) + 1;
  args.workspace_buffer.shape[0] -= 1;
  if (c.wants_lse) args.lse = problem.lse.view();
  if (!c.causal_seqs.empty()) args.causal_seqs = problem.causal_seqs.view();
  decode(args, c.schedule, c.num_threads);
}

void expect_right(const Case& c, Problem& problem, double tolerance) {
  const double lse_unit = c.lse_base == LseBase::kE ? 1.0 : 1.0 / std::log(2.0);
  for (std::int64_t b = 0; b < problem.batch; ++b) {
    for (std::int64_t t = 0; t < c.q_len; ++t) {
      for (std::int64_t h = 0; h < c.num_heads; ++h) {
        const RowResult expected = reference(c, problem, b, t, h);
        const std::string where = "request " + std::to_string(b) + " token " + std::to_string(t) +
                                  " head " + std::to_string(h);
        for (std::int64_t i = 0; i < kLatent; ++i) {
          ASSERT_TRUE(
              is_close(problem.out.get({b, t, h, i}), c.output_scale * expected.out[i], tolerance))
              << where << " column " << i;
        }
        if (!c.wants_lse) continue;
        ASSERT_TRUE(is_close(problem.lse.get({b, t, h}), expected.lse * lse_unit, tolerance))
            << where << " lse";
      }
    }
  }
}

void expect_right(const Case& c, double tolerance) {
  Problem problem(c);
  run(c, problem);
  expect_right(c, problem, tolerance);
}

}  // namespace mla::cpu::test
