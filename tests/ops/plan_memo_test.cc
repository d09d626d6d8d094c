// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/plan_memo.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace mla {
namespace {

// A plan is the number of the call that made it.
struct Counting {
  PlanMemo<int, int> memo;
  int num_made = 0;

  int plan(int problem, int ordinal = 0) {
    return memo.find_or_make(problem, ordinal, [this] { return ++num_made; });
  }
};

TEST(PlanMemo, MakesAPlanOnce) {
  Counting counting;
  EXPECT_EQ(counting.plan(7), 1);
  EXPECT_EQ(counting.plan(8), 2);
  EXPECT_EQ(counting.plan(7), 1);
  EXPECT_EQ(counting.plan(8), 2);
  EXPECT_EQ(counting.num_made, 2);
}

TEST(PlanMemo, TellsDevicesApart) {
  Counting counting;
  EXPECT_EQ(counting.plan(7, 0), 1);
  EXPECT_EQ(counting.plan(7, 1), 2);
  EXPECT_EQ(counting.plan(7, 0), 1);
}

TEST(PlanMemo, ForgetsTheOldest) {
  Counting counting;
  for (int problem = 0; problem < 9; ++problem) counting.plan(problem);
  EXPECT_EQ(counting.plan(8), 9);
  EXPECT_EQ(counting.plan(1), 2);
  EXPECT_EQ(counting.plan(0), 10);
  EXPECT_EQ(counting.plan(1), 11);
}

TEST(PlanMemo, RemembersNothingOfAnError) {
  Counting counting;
  const auto fail = []() -> int { throw std::invalid_argument("no plan"); };
  EXPECT_THROW(counting.memo.find_or_make(7, 0, fail), std::invalid_argument);
  EXPECT_EQ(counting.plan(7), 1);
}

}  // namespace
}  // namespace mla
