// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/bulk_groups.h"

#include <gtest/gtest.h>

#include "emulator/core/program.h"

namespace emulator {
namespace {

using Stage = BulkGroups::Stage;

const Instruction kCopy;

TEST(BulkGroups, NothingIsPendingAtFirst) {
  BulkGroups groups;
  EXPECT_TRUE(groups.wait(0, Stage::kWritten));
  EXPECT_EQ(groups.find_unawaited(), nullptr);
}

TEST(BulkGroups, ReadsAreDoneBeforeWrites) {
  BulkGroups groups;
  const BulkGroups::Group group = groups.begin_copy(kCopy);
  groups.commit();
  EXPECT_FALSE(groups.wait(0, Stage::kRead));
  groups.finish_read(group);
  EXPECT_TRUE(groups.wait(0, Stage::kRead));
  EXPECT_FALSE(groups.wait(0, Stage::kWritten));
  groups.finish_write(group);
  EXPECT_TRUE(groups.wait(0, Stage::kWritten));
}

TEST(BulkGroups, AllCopiesOfAGroupCount) {
  BulkGroups groups;
  groups.begin_copy(kCopy);
  const BulkGroups::Group group = groups.begin_copy(kCopy);
  groups.commit();
  groups.finish_read(group);
  EXPECT_FALSE(groups.wait(0, Stage::kRead));
  groups.finish_read(group);
  EXPECT_TRUE(groups.wait(0, Stage::kRead));
}

TEST(BulkGroups, TheNewestGroupsMayBePending) {
  BulkGroups groups;
  const BulkGroups::Group first = groups.begin_copy(kCopy);
  groups.commit();
  groups.begin_copy(kCopy);
  groups.commit();
  EXPECT_TRUE(groups.wait(2, Stage::kRead));
  EXPECT_FALSE(groups.wait(1, Stage::kRead));
  groups.finish_read(first);
  EXPECT_TRUE(groups.wait(1, Stage::kRead));
  EXPECT_FALSE(groups.wait(0, Stage::kRead));
}

TEST(BulkGroups, UncommittedCopiesAreNotWaitedFor) {
  BulkGroups groups;
  groups.begin_copy(kCopy);
  EXPECT_TRUE(groups.wait(0, Stage::kWritten));
  EXPECT_EQ(groups.find_unawaited(), &kCopy);
}

TEST(BulkGroups, RemembersWhichGroupsTheThreadHasWaitedFor) {
  BulkGroups groups;
  const BulkGroups::Group group = groups.begin_copy(kCopy);
  groups.commit();
  groups.finish_read(group);
  EXPECT_EQ(groups.find_unawaited(), &kCopy) << "done, but the thread cannot know";
  EXPECT_TRUE(groups.wait(0, Stage::kRead));
  EXPECT_EQ(groups.find_unawaited(), nullptr);
}

}  // namespace
}  // namespace emulator
