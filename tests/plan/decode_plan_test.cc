// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/decode_plan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mla/error.h"
#include "plan/decode_tiles.h"

namespace mla {
namespace {

struct Shape {
  std::int64_t batch;
  std::int64_t q_len;
  int num_heads;
  std::int64_t max_seq_len;
};

struct Choice {
  int fold;
  bool is_dense;
  int rows_per_tile;
  int tile_rows;
  std::int64_t num_row_tiles;
  int cluster_size;
  int num_workers;

  friend bool operator==(const Choice&, const Choice&) = default;
};

std::ostream& operator<<(std::ostream& out, const Choice& choice) {
  return out << "{" << choice.fold << ", " << choice.is_dense << ", " << choice.rows_per_tile
             << ", " << choice.tile_rows << ", " << choice.num_row_tiles << ", "
             << choice.cluster_size << ", " << choice.num_workers << "}";
}

struct Row {
  const char* device;
  DType dtype;
  Shape shape;
  Choice choice;
};

DeviceFacts device_named(const std::string& name) {
  if (name != "CPU") return known_device(name);
  return {.name = "CPU",
          .num_sms = 8,
          .memory_bytes_per_second = 100e9,
          .fp8_flops_per_second = 800e9,
          .fp16_flops_per_second = 800e9};
}

DecodePlan plan_of(const Row& row) {
  const DecodeProblem problem = {.dtype = row.dtype,
                                 .batch = row.shape.batch,
                                 .q_len = row.shape.q_len,
                                 .num_heads = row.shape.num_heads,
                                 .max_seq_len = row.shape.max_seq_len};
  return plan_decode(problem, device_named(row.device));
}

constexpr DType kFp8 = DType::kFloat8E4M3;
constexpr DType kBf16 = DType::kBFloat16;

// device, dtype, {batch, q_len, heads, keys}, {fold, dense, rows of a block, rows of the
// instructions, row tiles, cluster, workers}
const std::vector<Row> kRows = {
    // Kimi K2.5 and DeepSeek on an H200: rows are the N of FP8 instructions, 16 rows stay 16.
    {"H200", kFp8, {1, 1, 16, 8192}, {1, false, 16, 16, 1, 1, 129}},
    {"H200", kFp8, {4, 4, 16, 81920}, {4, false, 64, 64, 1, 1, 132}},
    {"H200", kFp8, {16, 4, 32, 81920}, {2, false, 64, 64, 2, 1, 66}},
    {"H200", kFp8, {64, 1, 128, 8192}, {1, true, 64, 64, 2, 1, 64}},
    {"H200", kFp8, {128, 4, 128, 4096}, {1, true, 64, 64, 8, 1, 16}},
    // 160 rows are three tiles of 56, not five tokens of 32 rows each.
    {"H200", kFp8, {4, 5, 32, 81920}, {1, true, 56, 56, 3, 1, 44}},
    // 72 rows are not padded to 128 where memory is the limit.
    {"H200", kFp8, {4, 3, 24, 8192}, {1, true, 40, 40, 2, 1, 66}},
    {"H200", kFp8, {4, 6, 12, 8192}, {3, false, 36, 40, 2, 1, 66}},
    {"H200", kFp8, {4, 7, 6, 8192}, {7, false, 42, 48, 1, 1, 132}},
    // All SMs where memory is the limit; whole requests each where cutting them would cost a merge.
    {"H200", kFp8, {64, 1, 16, 81920}, {1, false, 16, 16, 1, 1, 132}},
    {"H200", kFp8, {16, 7, 64, 512}, {1, false, 64, 64, 7, 1, 16}},
    {"H200", kFp8, {32, 1, 16, 1024}, {1, false, 16, 16, 1, 1, 128}},
    // BF16: rows are the M of the instructions, 64 whatever the problem.
    {"H200", kBf16, {1, 1, 16, 8192}, {1, false, 16, 64, 1, 1, 129}},
    {"H200", kBf16, {64, 1, 128, 8192}, {1, true, 64, 64, 2, 1, 64}},
    {"H200", kBf16, {4, 5, 32, 81920}, {1, true, 64, 64, 3, 1, 44}},
    // Short caches have fewer key tiles than there are SMs.
    {"H200", kFp8, {1, 1, 16, 1024}, {1, false, 16, 16, 1, 1, 17}},
    {"H200", kFp8, {1, 1, 1, 100}, {1, false, 1, 8, 1, 1, 1}},
    // One block where 64 rows are enough, pairs of blocks above.
    {"B200", kFp8, {4, 4, 16, 81920}, {4, false, 64, 64, 1, 1, 148}},
    {"B200", kFp8, {16, 4, 32, 81920}, {2, false, 64, 128, 1, 2, 74}},
    {"B200", kFp8, {4, 5, 32, 81920}, {1, true, 64, 128, 2, 2, 37}},
    {"B200", kFp8, {4, 8, 96, 8192}, {1, true, 64, 128, 6, 2, 12}},
    {"B200", kFp8, {4, 7, 6, 8192}, {7, false, 42, 64, 1, 1, 148}},
    {"B300", kBf16, {4, 2, 48, 8192}, {1, false, 48, 128, 1, 2, 74}},
    // More row tiles than SMs: nothing is left to split.
    {"B200", kFp8, {1, 300, 128, 8192}, {1, true, 64, 128, 300, 2, 1}},
    {"CPU", kBf16, {4, 4, 16, 8192}, {4, false, 64, 64, 1, 1, 8}},
    {"CPU", kBf16, {4, 1, 128, 8192}, {1, true, 64, 64, 2, 1, 4}},
    {"CPU", kBf16, {1, 1, 6, 64}, {1, false, 6, 8, 1, 1, 2}},
};

TEST(DecodePlanTable, ChoosesTilesAndWorkers) {
  for (const Row& row : kRows) {
    const DecodePlan plan = plan_of(row);
    const Choice choice = {
        plan.fold,          plan.is_dense,     plan.rows_per_tile, plan.config.tile_rows,
        plan.num_row_tiles, plan.cluster_size, plan.num_workers};
    EXPECT_EQ(choice, row.choice) << row.device << " " << name(row.dtype) << " batch "
                                  << row.shape.batch << ", q_len " << row.shape.q_len << ", heads "
                                  << row.shape.num_heads << ", keys " << row.shape.max_seq_len;
  }
}

// How the rows of q_len 1 to 8 are cut: "2x3" is three tiles of two whole tokens, "d3" three dense
// tiles.
struct TilingRow {
  int num_heads;
  const char* by_q_len;
};

const std::vector<TilingRow> kTilingsOf128 = {
    {1, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},   {2, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},
    {3, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},   {4, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},
    {6, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},   {8, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},
    {12, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},  {16, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},
    {20, "1x1 2x1 3x1 4x1 5x1 6x1 d2 4x2"},   {24, "1x1 2x1 3x1 4x1 5x1 3x2 d2 4x2"},
    {40, "1x1 2x1 3x1 2x2 d2 3x2 d3 d3"},     {48, "1x1 2x1 d2 2x2 d2 2x3 d3 d3"},
    {64, "1x1 2x1 d2 2x2 d3 2x3 d4 2x4"},     {96, "1x1 1x2 1x3 d3 d4 d5 d6 d6"},
    {128, "1x1 1x2 1x3 1x4 1x5 1x6 1x7 1x8"},
};

const std::vector<TilingRow> kTilingsOf64 = {
    {1, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},  {2, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},
    {3, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},  {4, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},
    {6, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},  {8, "1x1 2x1 3x1 4x1 5x1 6x1 7x1 8x1"},
    {12, "1x1 2x1 3x1 4x1 5x1 3x2 d2 4x2"},  {16, "1x1 2x1 3x1 4x1 d2 3x2 d2 4x2"},
    {20, "1x1 2x1 3x1 2x2 d2 3x2 d3 d3"},    {24, "1x1 2x1 d2 2x2 d2 2x3 d3 d3"},
    {40, "1x1 1x2 d2 d3 d4 d4 d5 d5"},       {48, "1x1 1x2 1x3 d3 d4 d5 d6 d6"},
    {64, "1x1 1x2 1x3 1x4 1x5 1x6 1x7 1x8"}, {96, "d2 d3 d5 d6 d8 d9 d11 d12"},
    {128, "d2 d4 d6 d8 d10 d12 d14 d16"},
};

std::string tilings(int num_heads, int max_rows_per_tile) {
  std::string text;
  for (int q_len = 1; q_len <= 8; ++q_len) {
    const RowTiling tiling = tile_rows(q_len, num_heads, max_rows_per_tile);
    const std::string fold = tiling.is_dense ? "d" : std::to_string(tiling.fold) + "x";
    text += (q_len == 1 ? "" : " ") + fold + std::to_string(tiling.num_tiles);
  }
  return text;
}

TEST(DecodePlanTable, FoldsTokensOrPacksDensely) {
  for (const TilingRow& row : kTilingsOf128) {
    EXPECT_EQ(tilings(row.num_heads, 128), row.by_q_len) << row.num_heads << " heads";
  }
  for (const TilingRow& row : kTilingsOf64) {
    EXPECT_EQ(tilings(row.num_heads, 64), row.by_q_len) << row.num_heads << " heads";
  }
}

TEST(DecodePlan, IsRefusedOutsideTheContract) {
  const DeviceFacts device = known_device("H200");
  EXPECT_THROW(plan_decode({.page_size = 48}, device), Error);
  EXPECT_THROW(plan_decode({.num_heads = 129}, device), Error);
  EXPECT_THROW(plan_decode({.dtype = DType::kFloat32}, device), Error);
  EXPECT_THROW(plan_decode({}, {.num_sms = 0}), Error);
}

// With one row a request has little more workspace than flags: 8 bytes for each of 400 workers
// count.
TEST(DecodePlan, KeepsFlagsWithinTheWorkspaceOfOneRow) {
  DeviceFacts device = device_named("CPU");
  device.num_sms = 400;
  const DecodeProblem problem = {.batch = 100, .num_heads = 1, .max_seq_len = 100'000};
  const DecodePlan plan = plan_decode(problem, device);
  EXPECT_LE(plan.workspace_bytes, 400 * 513 * 4);
  EXPECT_GE(plan.num_workers, 200);
}

TEST(DecodePlan, LetsWarpgroupsTakeTurnsAtSeveralRowTiles) {
  const auto score_groups = [](const char* device, DecodeProblem problem) {
    problem.max_seq_len = 8192;
    return plan_decode(problem, known_device(device)).config.score_groups;
  };
  EXPECT_EQ(score_groups("H200", {.dtype = kBf16, .num_heads = 128}), 2);
  EXPECT_EQ(score_groups("H200", {.dtype = kBf16, .num_heads = 65}), 2);
  EXPECT_EQ(score_groups("H200", {.dtype = kBf16, .num_heads = 64}), 1);
  EXPECT_EQ(score_groups("H200", {.dtype = kBf16, .num_heads = 128, .page_size = 4}), 1);
  EXPECT_EQ(score_groups("H200", {.dtype = kFp8, .num_heads = 128}), 1);
  EXPECT_EQ(score_groups("B200", {.dtype = kBf16, .num_heads = 128}), 1);
}

TEST(DecodePlan, NeedsNoMoreSmsThanThereAre) {
  DeviceFacts device = known_device("H200");
  device.num_sms = 1;
  const DecodePlan plan = plan_decode({.dtype = kFp8, .max_seq_len = 8192}, device);
  EXPECT_EQ(plan.cluster_size, 1);
  EXPECT_EQ(plan.num_workers, 1);
}

TEST(DecodePlan, TakesNoLengthForUnknown) {
  const DeviceFacts device = known_device("B200");
  EXPECT_GE(plan_decode({.dtype = kFp8, .num_heads = 16, .max_seq_len = 0}, device).num_workers,
            32);
  EXPECT_LE(plan_decode({.dtype = kFp8, .num_heads = 16, .max_seq_len = 1}, device).num_workers, 2);
}

TEST(DecodePlan, BatchInvarianceSplitsNothingAndFixesTheTile) {
  const DeviceFacts device = known_device("H200");
  DecodeProblem problem = {.dtype = kFp8, .q_len = 5, .num_heads = 32, .batch_invariant = true};
  problem.max_seq_len = 100;
  const DecodePlan small = plan_decode(problem, device);
  problem.batch = 300;
  problem.max_seq_len = 81920;
  const DecodePlan large = plan_decode(problem, device);
  EXPECT_FALSE(small.splits_requests || large.splits_requests);
  EXPECT_EQ(small.workspace_bytes + large.workspace_bytes, 0);
  EXPECT_EQ(small.config, large.config);
  EXPECT_EQ(small.num_workers, 1);
  EXPECT_EQ(large.num_workers, 44);
}

}  // namespace
}  // namespace mla
