// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_memory.h"

#include <gmock/gmock.h>

namespace emulator {
namespace {

TEST(TensorMemory, SizesArePowersOfTwoFrom32To512) {
  for (const uint32_t legal : {32u, 64u, 128u, 256u, 512u}) {
    EXPECT_EQ(TensorMemory::check_size(legal), nullptr) << legal;
  }
  for (const uint32_t illegal : {0u, 1u, 16u, 48u, 96u, 1024u}) {
    EXPECT_NE(TensorMemory::check_size(illegal), nullptr) << illegal;
  }
}

TEST(TensorMemory, AllocationsLieBesideEachOther) {
  TensorMemory memory;
  EXPECT_EQ(memory.find_space(256), 0u);
  memory.allocate({0, 256, {}});
  EXPECT_EQ(memory.find_space(128), 256u);
  memory.allocate({256, 128, {}});
  EXPECT_EQ(memory.find_space(256), std::nullopt);
  EXPECT_TRUE(memory.is_allocated(200, 184));
  EXPECT_FALSE(memory.is_allocated(200, 185));
  EXPECT_FALSE(memory.is_allocated(0, 513));
  EXPECT_EQ(memory.deallocate(0, 256), nullptr);
  EXPECT_EQ(memory.find_space(256), 0u);
}

TEST(TensorMemory, OnlyWholeAllocationsAreFreed) {
  TensorMemory memory;
  memory.allocate({0, 128, {}});
  EXPECT_THAT(memory.deallocate(0, 64), testing::HasSubstr("another number of columns"));
  EXPECT_THAT(memory.deallocate(32, 32), testing::HasSubstr("no allocation begins"));
  EXPECT_EQ(memory.deallocate(0, 128), nullptr);
  EXPECT_THAT(memory.deallocate(0, 128), testing::HasSubstr("no allocation begins"));
}

TEST(TensorMemory, WordsHoldNothingUntilTheyAreWritten) {
  TensorMemory memory;
  memory.allocate({0, 32, {}});
  EXPECT_FALSE(memory.is_initialised(70, 3));
  memory.write(70, 3, 17);
  EXPECT_TRUE(memory.is_initialised(70, 3));
  EXPECT_FALSE(memory.is_initialised(70, 4));
  EXPECT_FALSE(memory.is_initialised(71, 3));
  EXPECT_EQ(memory.word(70, 3), 17u);
  EXPECT_EQ(memory.deallocate(0, 32), nullptr);
  memory.allocate({0, 32, {}});
  EXPECT_FALSE(memory.is_initialised(70, 3));
}

TEST(TensorMemory, AnAddressHoldsLaneAndColumn) {
  EXPECT_EQ(TensorMemoryAddress::from_bits(0x00600102).lane, 96u);
  EXPECT_EQ(TensorMemoryAddress::from_bits(0x00600102).column, 258u);
  EXPECT_EQ((TensorMemoryAddress{96, 258}.bits()), 0x00600102u);
}

}  // namespace
}  // namespace emulator
