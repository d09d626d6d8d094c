// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "cpu/host_tensor.h"
#include "cpu/ops.h"
#include "cpu/reference.h"

namespace mla::cpu {
namespace {

constexpr std::int64_t kLatent = 512;
constexpr std::int64_t kWidth = 576;

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

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

// The tensors of a case. Cache rows that hold no key of any request are NaN.
struct Problem {
  explicit Problem(const Case& c)
      : batch(std::int64_t(c.seq_lens.size())),
        max_pages(
            ceil_divide(*std::max_element(c.seq_lens.begin(), c.seq_lens.end()), c.page_size)),
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

  std::int64_t batch;
  std::int64_t max_pages;
  HostTensor query, cache, block_tables, seq_lens, causal_seqs, workspace, out, lse;
};

void run(const Case& c, Problem& problem) {
  DecodeArgs args;
  args.query = problem.query.view();
  args.kv_cache = problem.cache.view();
  args.block_tables = problem.block_tables.view();
  args.seq_lens = problem.seq_lens.view();
  args.workspace = problem.workspace.view();
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
  args.workspace.data = static_cast<char*>(args.workspace.data) + 1;
  args.workspace.shape[0] -= 1;
  if (c.wants_lse) args.lse = problem.lse.view();
  if (!c.causal_seqs.empty()) args.causal_seqs = problem.causal_seqs.view();
  decode(args, c.schedule, c.num_threads);
}

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

void expect_right(const Case& c, Problem& problem, double tolerance = kFloat32Tolerance) {
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

void expect_right(const Case& c, double tolerance = kFloat32Tolerance) {
  Problem problem(c);
  run(c, problem);
  expect_right(c, problem, tolerance);
}

TEST(Decode, AgreesForEveryDType) {
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat8E4M3}) {
    SCOPED_TRACE(name(dtype));
    expect_right({.dtype = dtype});
  }
}

TEST(Decode, AgreesForEveryPageSizeAndCacheRank) {
  for (std::int64_t page_size = 1; page_size <= 128; page_size *= 2) {
    SCOPED_TRACE(page_size);
    expect_right({.page_size = page_size, .has_4d_cache = page_size % 3 == 1});
  }
}

TEST(Decode, AgreesForEveryHeadCountAndTiling) {
  for (const std::int64_t num_heads : {1, 5, 16, 20}) {
    for (const int tile_rows : {1, 7, 16, 64}) {
      SCOPED_TRACE(testing::Message() << num_heads << " heads, tiles of " << tile_rows << " rows");
      expect_right({.seq_lens = {40, 3},
                    .q_len = 3,
                    .num_heads = num_heads,
                    .schedule = {.tile_rows = tile_rows, .tile_kv = 24}});
    }
  }
}

TEST(Decode, AgreesWithoutCausalMask) {
  expect_right({.q_len = 4, .is_causal = false});
}

TEST(Decode, QueriesLongerThanTheirKeysSeeNone) {
  expect_right({.seq_lens = {2, 6}, .q_len = 5});
}

TEST(Decode, ScalesAndBases) {
  expect_right({.softmax_scale = 0.0f, .output_scale = 0.25f, .lse_base = LseBase::kE});
  expect_right({.softmax_scale = -0.05f, .output_scale = -3.0f});
}

// Scores near 20000: float32 leaves about 1e-3 of them, in the reference of this precision too.
TEST(Decode, SurvivesHugeScores) {
  expect_right({.softmax_scale = 1.0f, .query_deviation = 100.0f}, 2e-2);
}

TEST(Decode, SplitsChangeNothingButRounding) {
  for (const int num_workers : {1, 2, 5, 37}) {
    for (const int num_threads : {1, 2, 4}) {
      for (const bool batch_invariant : {false, true}) {
        SCOPED_TRACE(testing::Message()
                     << num_workers << " workers, " << num_threads << " threads");
        expect_right({.schedule = {.tile_rows = 4, .tile_kv = 16, .num_workers = num_workers},
                      .num_threads = num_threads,
                      .batch_invariant = batch_invariant});
      }
    }
  }
}

TEST(Decode, RepeatsBitByBitOnAnyNumberOfThreads) {
  Case c{.schedule = {.tile_rows = 4, .tile_kv = 16, .num_workers = 5}, .num_threads = 1};
  Problem first(c);
  run(c, first);
  for (int repeat = 0; repeat < 20; ++repeat) {
    c.num_threads = 1 + repeat % 4;
    c.wants_lse = repeat % 2 == 0;
    Problem again(c);
    run(c, again);
    ASSERT_EQ(again.out.bytes(), first.out.bytes());
    if (c.wants_lse) {
      ASSERT_EQ(again.lse.bytes(), first.lse.bytes());
    }
  }
}

TEST(Decode, BatchInvariantMeansTheSameBitsInAnyBatch) {
  Case alone{.seq_lens = {133}, .batch_invariant = true};
  alone.schedule.num_workers = 3;
  Case together = alone;
  together.seq_lens = {133, 90, 7};
  together.schedule.num_workers = 7;
  Problem one(alone);
  Problem three(together);
  for (std::int64_t key = 0; key < 133; ++key) {
    const std::int64_t page = one.block_tables.int_at({0, key / alone.page_size});
    const std::int64_t other = three.block_tables.int_at({0, key / alone.page_size});
    for (std::int64_t i = 0; i < kWidth; ++i) {
      three.cache.set({other, key % alone.page_size, i},
                      float(one.cache.get({page, key % alone.page_size, i})));
    }
  }
  run(alone, one);
  run(together, three);
  for (std::int64_t t = 0; t < alone.q_len; ++t) {
    for (std::int64_t h = 0; h < alone.num_heads; ++h) {
      for (std::int64_t i = 0; i < kLatent; ++i) {
        ASSERT_EQ(one.out.get({0, t, h, i}), three.out.get({0, t, h, i}));
      }
    }
  }
}

TEST(Decode, ContextParallelBoundsFollowTheGlobalLength) {
  constexpr std::int64_t kLengths[] = {97, 4, 1, 0, 30};
  for (const int world : {2, 3, 8}) {
    for (int rank = 0; rank < world; ++rank) {
      SCOPED_TRACE(testing::Message() << "rank " << rank << " of " << world);
      Case c{.seq_lens = {}, .q_len = 5, .cp_world = world, .cp_rank = rank};
      c.schedule.num_workers = 3;
      for (const std::int64_t length : kLengths) {
        c.causal_seqs.push_back(length);
        c.seq_lens.push_back(length > rank ? ceil_divide(length - rank, world) : 0);
      }
      expect_right(c);
    }
  }
}

// The last query token sees the last key and must feel its NaN; the others must not.
TEST(Decode, KeysBeyondTheBoundOfARowAreNoInfluence) {
  const Case c{.seq_lens = {40}, .q_len = 3, .num_heads = 5, .schedule = {.tile_rows = 64}};
  Problem problem(c);
  const std::int64_t page = problem.block_tables.int_at({0, 39 / c.page_size});
  for (std::int64_t i = 0; i < kWidth; ++i) problem.cache.set({page, 39 % c.page_size, i}, NAN);
  run(c, problem);
  expect_right(c, problem);
  EXPECT_TRUE(std::isnan(problem.out.get({0, 2, 0, 0})));
  EXPECT_TRUE(std::isnan(problem.lse.get({0, 2, 0})));
}

TEST(Decode, RoundsTheOutputOnce) {
  Case c{.output_scale = 0.3f};
  Problem exact(c);
  run(c, exact);
  for (const DType dtype : {DType::kBFloat16, DType::kFloat16}) {
    c.out_dtype = dtype;
    Problem rounded(c);
    run(c, rounded);
    for (std::int64_t i = 0; i < kLatent; ++i) {
      HostTensor expected(dtype, {1});
      expected.set({0}, float(exact.out.get({3, 1, 2, i})));
      ASSERT_EQ(rounded.out.get({3, 1, 2, i}), expected.get({0}));
    }
  }
}

TEST(Decode, AnEmptyBatchIsNothingToDo) {
  Case c{.seq_lens = {4}};
  Problem problem(c);
  DecodeArgs args;
  args.query = problem.query.view();
  args.seq_lens = problem.seq_lens.view();
  args.out = problem.out.view();
  args.query.shape[0] = 0;
  const std::vector<std::uint8_t> before = problem.out.bytes();
  decode(args, c.schedule, 2);
  EXPECT_EQ(problem.out.bytes(), before);
}

}  // namespace
}  // namespace mla::cpu
