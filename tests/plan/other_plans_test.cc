// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "mla/error.h"
#include "plan/kv_pack_plan.h"
#include "plan/merge_plan.h"
#include "plan/prefill_plan.h"

namespace mla {
namespace {

constexpr DType kFp8 = DType::kFloat8E4M3;

struct PrefillRow {
  const char* device;
  std::int64_t batch;
  std::int64_t q_len;
  std::int64_t kv_len;
  int tile_q;
  std::int64_t num_blocks;
};

// Two halves of queries take turns except where requests are too short to fill both.
const std::vector<PrefillRow> kPrefillRows = {
    {"H200", 1, 8192, 8192, 128, 132},  {"H200", 4, 512, 81920, 128, 132},
    {"H200", 64, 10, 5120, 64, 132},    {"H200", 1, 1, 1, 64, 128},
    {"B200", 1, 8192, 8192, 256, 148},  {"B200", 64, 100, 5120, 128, 148},
    {"B300", 4, 1024, 81920, 256, 148},
};

TEST(PrefillPlan, ChoosesTiles) {
  for (const PrefillRow& row : kPrefillRows) {
    const PrefillProblem problem = {.dtype = kFp8,
                                    .batch = row.batch,
                                    .total_q = row.batch * row.q_len,
                                    .total_kv = row.batch * row.kv_len};
    const PrefillPlan plan = plan_prefill(problem, known_device(row.device));
    EXPECT_EQ(plan.config.tile_q, row.tile_q) << row.device << ", q_len " << row.q_len;
    EXPECT_EQ(plan.grid.x, row.num_blocks) << row.device << ", q_len " << row.q_len;
    EXPECT_EQ(plan.config.dtype, ElementType::kFloat8E4M3);
    EXPECT_TRUE(plan.config.is_causal);
  }
}

TEST(PrefillPlan, CountsItemsHoweverTokensAreSpread) {
  std::mt19937 random(20260104);
  const auto below = [&](int end) { return static_cast<int>(random() % end); };
  for (int round = 0; round < 500; ++round) {
    PrefillProblem problem = {.batch = 1 + below(30), .num_q_heads = 1 + below(9)};
    problem.num_kv_heads = problem.num_q_heads;
    std::vector<std::int64_t> q_lens(problem.batch);
    for (std::int64_t& q_len : q_lens) {
      q_len = below(3) == 0 ? 0 : below(700);
      problem.total_q += q_len;
    }
    const PrefillPlan plan = plan_prefill(problem, known_device("H100"));
    std::int64_t num_items = 0;
    for (const std::int64_t q_len : q_lens) {
      num_items += ceil_div(q_len, plan.config.tile_q) * problem.num_q_heads;
    }
    EXPECT_LE(num_items, plan.max_num_items);
    EXPECT_LE(plan.grid.x, 132);
  }
}

TEST(PrefillPlan, OfNoTokensHasNoItems) {
  EXPECT_EQ(plan_prefill({.batch = 0}, known_device("H200")).max_num_items, 0);
  EXPECT_EQ(plan_prefill({.batch = 9, .total_kv = 50}, known_device("H200")).max_num_items, 0);
}

TEST(KvPackPlan, SharesHeadsEvenlyAmongWarps) {
  const auto heads_per_warp = [](int num_heads) {
    const KvPackProblem problem = {.num_tokens = 100, .num_heads = num_heads};
    const KvPackPlan plan = plan_kv_pack(problem, known_device("H200"));
    EXPECT_GE(plan.num_head_groups * plan.config.heads_per_warp, num_heads);
    EXPECT_EQ(plan.num_warps, 100 * plan.num_head_groups);
    EXPECT_EQ(plan.grid.x, ceil_div(plan.num_warps, plan.config.warps_per_block));
    return plan.config.heads_per_warp;
  };
  EXPECT_EQ(heads_per_warp(128), 4);
  EXPECT_EQ(heads_per_warp(16), 4);
  EXPECT_EQ(heads_per_warp(6), 3);
  EXPECT_EQ(heads_per_warp(5), 3);
  EXPECT_EQ(heads_per_warp(1), 1);
}

TEST(KvPackPlan, VectorsDivideEveryDimensionAndWhatLayoutsAllow) {
  const auto vector_elements = [](int nope, int rope, int v, int allowed) {
    return plan_kv_pack(
               {.nope_dim = nope, .rope_dim = rope, .v_dim = v, .vector_elements = allowed},
               known_device("H200"))
        .config.vector_elements;
  };
  EXPECT_EQ(vector_elements(128, 64, 128, 8), 8);
  EXPECT_EQ(vector_elements(128, 64, 128, 2), 2);
  EXPECT_EQ(vector_elements(128, 12, 128, 8), 4);
  EXPECT_EQ(vector_elements(128, 64, 101, 8), 1);
}

TEST(KvPackPlan, OfTooManyRowsIsRejected) {
  EXPECT_THROW(plan_kv_pack({.num_tokens = 2'147'483'647}, known_device("B200")), Error);
}

TEST(KvPackPlan, TakesDimensionsFromTheProblem) {
  const KvPackProblem problem = {.dtype = DType::kFloat16,
                                 .out_dtype = DType::kFloat8E5M2,
                                 .num_tokens = 4,
                                 .nope_dim = 64,
                                 .rope_dim = 32,
                                 .v_dim = 96};
  const KvPackConfig config = plan_kv_pack(problem, known_device("B200")).config;
  EXPECT_EQ(config.dtype, ElementType::kFloat16);
  EXPECT_EQ(config.out_dtype, ElementType::kFloat8E5M2);
  EXPECT_EQ(config.k_dim(), 96);
  EXPECT_EQ(config.v_dim, 96);
}

TEST(MergePlan, FitsLanesAndLoadsToTheRow) {
  const DeviceFacts h200 = known_device("H200");
  const MergeConfig wide = plan_merge({.num_partials = 8}, h200).config;
  EXPECT_EQ(wide.vector_elements, 4);
  EXPECT_EQ(wide.lanes_per_item, 32);
  EXPECT_EQ(wide.partials_in_flight, 4);
  const MergeConfig narrow =
      plan_merge({.partial_dtype = DType::kBFloat16, .head_dim = 128}, h200).config;
  EXPECT_EQ(narrow.vector_elements, 8);
  EXPECT_EQ(narrow.lanes_per_item, 16);
  EXPECT_EQ(narrow.partials_in_flight, 2);
  const MergeConfig smallest = plan_merge({.num_partials = 1, .head_dim = 8}, h200).config;
  EXPECT_EQ(smallest.lanes_per_item, 2);
  EXPECT_EQ(smallest.partials_in_flight, 1);
}

TEST(MergePlan, HasRoomForEveryPartial) {
  const auto max_partials = [](std::int64_t num_partials) {
    return plan_merge({.num_partials = num_partials}, known_device("H200")).config.max_partials;
  };
  EXPECT_EQ(max_partials(1), 8);
  EXPECT_EQ(max_partials(9), 64);
  EXPECT_EQ(max_partials(512), 512);
  EXPECT_THROW(max_partials(513), Error);
}

TEST(OtherPlans, KeepGridsLegalAtTheLimits) {
  const DeviceFacts b200 = known_device("B200");
  constexpr std::int64_t kMost = 2'147'483'647;
  EXPECT_LE(plan_kv_pack({.num_tokens = kMost, .num_heads = 1}, b200).grid.x, kMost);
  EXPECT_LE(plan_merge({.num_rows = kMost, .num_heads = 1}, b200).grid.x, kMost);
  EXPECT_LE(plan_prefill({.batch = kMost, .total_q = kMost, .total_kv = kMost}, b200).grid.x,
            kMost);
  EXPECT_THROW(plan_kv_pack({.num_tokens = kMost + 1}, b200), Error);
  EXPECT_THROW(plan_merge({.head_dim = 12}, b200), Error);
  EXPECT_THROW(plan_prefill({.num_q_heads = 0}, b200), Error);
}

}  // namespace
}  // namespace mla
