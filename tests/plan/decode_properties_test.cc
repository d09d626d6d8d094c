// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "device/abi/decode_work.h"
#include "plan/decode_plan.h"
#include "plan/decode_tiles.h"
#include "plan/roofline.h"

// What holds for the plan of every problem, tried on random ones.
namespace mla {
namespace {

constexpr int kNumProblems = 4000;

class RandomProblems {
 public:
  DecodeProblem problem() {
    const std::vector<DType> dtypes = {DType::kFloat16, DType::kBFloat16, DType::kFloat8E4M3};
    return {.dtype = dtypes[below(3)],
            .batch = log_uniform(200'000),
            .q_len = 1 + below(one_in(10) ? 5000 : 9),
            .num_heads = static_cast<int>(1 + below(128)),
            .page_size = 1 << below(8),
            .max_seq_len = log_uniform(2'000'000),
            .is_causal = one_in(2),
            .has_lse = one_in(2),
            .batch_invariant = one_in(4),
            .cp_world = static_cast<int>(1 + below(8))};
  }

  DeviceFacts device() {
    const std::vector<std::string> names = known_devices();
    const std::size_t index = below(names.size() + 1);
    if (index < names.size()) return known_device(names[index]);
    return {.name = "CPU",
            .num_sms = static_cast<int>(1 + log_uniform(300)),
            .memory_bytes_per_second = 100e9,
            .fp8_flops_per_second = 1e12,
            .fp16_flops_per_second = 1e12};
  }

  std::int64_t below(std::int64_t end) {
    return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random_);
  }

 private:
  bool one_in(int count) { return below(count) == 0; }

  // Small numbers as often as large ones, zero too.
  std::int64_t log_uniform(std::int64_t most) {
    std::int64_t end = 1;
    while (end < most && !one_in(14)) end *= 2;
    return below(std::min(end, most) + 1);
  }

  std::mt19937_64 random_{20260102};
};

std::string to_text(const DecodeProblem& problem, const DeviceFacts& device) {
  return device.name + " x " + std::to_string(device.num_sms) + ", " + name(problem.dtype) +
         ", batch " + std::to_string(problem.batch) + ", q_len " + std::to_string(problem.q_len) +
         ", heads " + std::to_string(problem.num_heads) + ", keys " +
         std::to_string(problem.max_seq_len);
}

template <typename Check>
void for_random_plans(Check check) {
  RandomProblems random;
  for (int i = 0; i < kNumProblems && !testing::Test::HasFailure(); ++i) {
    const DecodeProblem problem = random.problem();
    const DeviceFacts device = random.device();
    SCOPED_TRACE(to_text(problem, device));
    check(problem, device, plan_decode(problem, device));
  }
}

TEST(DecodePlanProperties, RowTilesCoverEveryRowOnce) {
  for_random_plans([](const DecodeProblem& problem, const DeviceFacts&, const DecodePlan& plan) {
    EXPECT_EQ(plan.num_rows, problem.q_len * problem.num_heads);
    const std::int64_t rows_per_cluster = plan.rows_per_tile * plan.cluster_size;
    EXPECT_GE(plan.num_row_tiles * rows_per_cluster, plan.num_rows);
    EXPECT_LT((plan.num_row_tiles - 1) * rows_per_cluster, plan.num_rows);
    EXPECT_LE(rows_per_cluster, plan.config.tile_rows);
    if (plan.is_dense) {
      EXPECT_EQ(plan.fold, 1);
    } else {
      EXPECT_EQ(plan.rows_per_tile, plan.fold * problem.num_heads);
      EXPECT_EQ(problem.q_len % plan.fold, 0);
      EXPECT_EQ(plan.num_row_tiles, ceil_div(problem.q_len / plan.fold, plan.cluster_size));
    }
  });
}

TEST(DecodePlanProperties, DensePackingTakesFewerTilesThanFolding) {
  for_random_plans([](const DecodeProblem& problem, const DeviceFacts&, const DecodePlan& plan) {
    const int block_rows = plan.config.tile_rows / plan.cluster_size;
    int fold = block_rows / problem.num_heads;
    while (fold > 1 && problem.q_len % fold != 0) --fold;
    if (fold == 0) return;  // not even one token fits
    const std::int64_t folded_tiles = problem.q_len / fold;
    EXPECT_EQ(plan.is_dense, ceil_div(plan.num_rows, block_rows) < folded_tiles);
    EXPECT_EQ(plan.fold, plan.is_dense ? 1 : fold);
  });
}

TEST(DecodePlanProperties, WorkspaceIsWithinWhatCallersAllocate) {
  for_random_plans(
      [](const DecodeProblem& problem, const DeviceFacts& device, const DecodePlan& plan) {
        const std::int64_t state_bytes = plan.num_rows * 513 * 4;
        EXPECT_LE(plan.workspace_bytes, device.num_sms * state_bytes);
        EXPECT_EQ(plan.workspace_bytes, decode_workspace_size(problem, device));
        if (plan.splits_requests) {
          // A GPU keeps two float16 partials a worker, the CPU one in float32.
          const bool is_cpu = device.arch == Arch::kCpu;
          const std::int64_t slot_bytes = is_cpu ? state_bytes : 2 * plan.num_rows * (512 * 2 + 4);
          EXPECT_GE(plan.workspace_bytes, (plan.num_workers - 1) * slot_bytes);
        } else {
          EXPECT_EQ(plan.workspace_bytes, 0);
        }
      });
}

TEST(DecodePlanProperties, GridFitsCudaLimitsAndEveryBlockHasWork) {
  for_random_plans(
      [](const DecodeProblem& problem, const DeviceFacts& device, const DecodePlan& plan) {
        EXPECT_EQ(plan.grid.x, plan.num_row_tiles * plan.num_workers * plan.cluster_size);
        EXPECT_LE(plan.grid.x, 2'147'483'647);
        EXPECT_LE(plan.cluster_size, device.num_sms);
        EXPECT_GE(plan.num_workers, 1);
        if (problem.max_seq_len == 0) return;
        const std::int64_t units = std::max<std::int64_t>(problem.batch, 1) *
                                   request_units(num_key_tiles(problem.max_seq_len, plan.tile_kv));
        EXPECT_LE(plan.num_workers, units);
      });
}

TEST(DecodePlanProperties, BatchInvarianceSplitsNothingAndIgnoresTheBatch) {
  RandomProblems random;
  for (int i = 0; i < kNumProblems; ++i) {
    DecodeProblem problem = random.problem();
    problem.batch_invariant = true;
    const DeviceFacts device = random.device();
    const DecodePlan plan = plan_decode(problem, device);
    problem.batch = random.below(1000);
    problem.max_seq_len = random.below(100'000);
    const DecodePlan other = plan_decode(problem, device);
    SCOPED_TRACE(to_text(problem, device));
    ASSERT_FALSE(plan.splits_requests || other.splits_requests);
    ASSERT_EQ(plan.config, other.config);
    ASSERT_EQ(plan.rows_per_tile, other.rows_per_tile);
  }
}

TEST(DecodePlanProperties, MoreKeysNeverLowerTheRoofline) {
  RandomProblems random;
  for (int i = 0; i < kNumProblems; ++i) {
    DecodeProblem problem = random.problem();
    const DeviceFacts device = random.device();
    const Roofline before = roofline(problem, device);
    problem.max_seq_len += 1 + random.below(1000);
    const Roofline after = roofline(problem, device);
    SCOPED_TRACE(to_text(problem, device));
    ASSERT_GE(after.flops, before.flops);
    ASSERT_GE(after.bytes, before.bytes);
    ASSERT_GE(after.seconds(), before.seconds());
  }
}

TEST(DecodePlanProperties, ThePlanIsAFunctionOfItsArguments) {
  for_random_plans(
      [](const DecodeProblem& problem, const DeviceFacts& device, const DecodePlan& plan) {
        const DecodePlan again = plan_decode(problem, device);
        EXPECT_EQ(again.config, plan.config);
        EXPECT_EQ(again.num_workers, plan.num_workers);
        EXPECT_EQ(again.workspace_bytes, plan.workspace_bytes);
      });
}

// The smallest shared memory that a tile needs is there on every card that the tile is for.
TEST(DecodeTiles, FitSharedMemoryAndStepByInstructionSizes) {
  for (const std::string& device_name : known_devices()) {
    const DeviceFacts device = known_device(device_name);
    for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat8E4M3}) {
      const std::vector<DecodeTile> tiles = decode_tiles(device.arch, dtype);
      ASSERT_FALSE(tiles.empty());
      for (const DecodeTile& tile : tiles) {
        EXPECT_LE(min_smem_bytes(tile, dtype), device.smem_per_block_bytes) << tile.rows;
        EXPECT_EQ(tile.rows % 8, 0);
        EXPECT_LE(tile.rows, 128);
      }
    }
  }
}

}  // namespace
}  // namespace mla
