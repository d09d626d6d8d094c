// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "cpu/decode_problem.h"

namespace mla::cpu::test {
namespace {

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

TEST(Decode, AnEmptyBatchWritesNothing) {
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
}  // namespace mla::cpu::test
