// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/mbarrier.h"

#include <gtest/gtest.h>

namespace emulator {
namespace {

TEST(Mbarrier, AFreshBarrierHasCompletedTheOddPhase) {
  const Mbarrier barrier(1);
  EXPECT_TRUE(barrier.has_completed(1));
  EXPECT_FALSE(barrier.has_completed(0));
}

TEST(Mbarrier, APhaseEndsWithItsLastArrival) {
  Mbarrier barrier(2);
  EXPECT_EQ(barrier.arrive(1), nullptr);
  EXPECT_FALSE(barrier.has_completed(0));
  EXPECT_EQ(barrier.arrive(1), nullptr);
  EXPECT_TRUE(barrier.has_completed(0));
  EXPECT_EQ(barrier.pending(), 2u);
}

TEST(Mbarrier, BytesKeepAPhaseOpen) {
  Mbarrier barrier(1);
  EXPECT_EQ(barrier.arrive_expect_bytes(128), nullptr);
  EXPECT_FALSE(barrier.has_completed(0));
  EXPECT_EQ(barrier.complete_bytes(64), nullptr);
  EXPECT_FALSE(barrier.has_completed(0));
  EXPECT_EQ(barrier.complete_bytes(64), nullptr);
  EXPECT_TRUE(barrier.has_completed(0));
}

TEST(Mbarrier, BytesMayLandBeforeTheyAreExpected) {
  Mbarrier barrier(1);
  EXPECT_EQ(barrier.complete_bytes(128), nullptr);
  EXPECT_FALSE(barrier.has_completed(0));
  EXPECT_EQ(barrier.arrive_expect_bytes(128), nullptr);
  EXPECT_TRUE(barrier.has_completed(0));
}

TEST(Mbarrier, DroppedThreadsAreNotExpectedAgain) {
  Mbarrier barrier(2);
  EXPECT_EQ(barrier.arrive_drop(1), nullptr);
  EXPECT_EQ(barrier.arrive(1), nullptr);
  EXPECT_TRUE(barrier.has_completed(0));
  EXPECT_EQ(barrier.pending(), 1u);
}

TEST(Mbarrier, ReportsMisuse) {
  Mbarrier barrier(2);
  EXPECT_NE(barrier.arrive(3), nullptr);
  EXPECT_NE(barrier.expect_bytes(1 << 20), nullptr);
  EXPECT_EQ(barrier.arrive(2), nullptr);
}

TEST(Mbarrier, AStateRemembersItsPhase) {
  Mbarrier barrier(1);
  const uint64_t state = barrier.state();
  EXPECT_EQ(Mbarrier::phase_of_state(state), 0u);
  EXPECT_EQ(Mbarrier::pending_of_state(state), 1u);
  EXPECT_EQ(barrier.arrive(1), nullptr);
  EXPECT_EQ(barrier.phase(), 1u);
}

}  // namespace
}  // namespace emulator
