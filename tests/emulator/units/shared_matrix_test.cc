// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/shared_matrix.h"

#include <gmock/gmock.h>

namespace emulator {
namespace {

// The examples that the manual works out (ISA 9.7.16.3.3), in units of 16 bytes.
TEST(SharedMatrix, KMajorWithoutSwizzle) {
  // tf32, ((8,2),(4,4)):((4,32),(1,64)) in elements: LBO 256 bytes, SBO 128 bytes.
  const SharedMatrix matrix{0, 256, 128, Swizzle::kNone, false};
  EXPECT_EQ(matrix.chunk_of(0, 0, 4), 0u);
  EXPECT_EQ(matrix.chunk_of(1, 0, 4), 16u);
  EXPECT_EQ(matrix.chunk_of(8, 0, 4), 128u);
  EXPECT_EQ(matrix.chunk_of(0, 4, 4), 256u);
  EXPECT_EQ(matrix.chunk_of(9, 12, 4), 16u + 128u + 3 * 256u);
}

TEST(SharedMatrix, KMajorWithSwizzle) {
  // tf32, Swizzle<1,4,3> o ((8,2),(4,4)):((8,64),(1,4)): SBO 256 bytes.
  const SharedMatrix matrix{0, 0, 256, Swizzle::k32B, false};
  EXPECT_EQ(matrix.chunk_of(0, 0, 4), 0u);
  EXPECT_EQ(matrix.chunk_of(0, 4, 4), 16u);
  EXPECT_EQ(matrix.chunk_of(3, 0, 4), 96u);
  EXPECT_EQ(matrix.chunk_of(4, 0, 4), 128u + 16u);  // rows 4 to 7 have their halves exchanged
  EXPECT_EQ(matrix.chunk_of(4, 4, 4), 128u);
  EXPECT_EQ(matrix.chunk_of(8, 0, 4), 256u);
}

TEST(SharedMatrix, MnMajorWithoutSwizzle) {
  // bf16, ((8,1,2),(8,2)):((1,8,64),(8,128)): LBO 256 bytes, SBO 128 bytes.
  const SharedMatrix matrix{0, 256, 128, Swizzle::kNone, true};
  EXPECT_EQ(matrix.chunk_of(0, 1, 2), 16u);
  EXPECT_EQ(matrix.chunk_of(8, 0, 2), 128u);
  EXPECT_EQ(matrix.chunk_of(0, 8, 2), 256u);
}

TEST(SharedMatrix, MnMajorWithSwizzle) {
  // bf16, Swizzle<2,4,3> o ((8,4,2),(8,2)):((1,8,256),(32,512)): LBO 512 bytes, SBO 1024 bytes.
  const SharedMatrix matrix{0, 512, 1024, Swizzle::k64B, true};
  EXPECT_EQ(matrix.chunk_of(8, 0, 2), 16u);
  EXPECT_EQ(matrix.chunk_of(32, 0, 2), 512u);
  EXPECT_EQ(matrix.chunk_of(0, 1, 2), 64u);
  EXPECT_EQ(matrix.chunk_of(0, 2, 2),
            128u + 16u);  // the second 128 bytes: chunks 0 and 1 exchanged
  EXPECT_EQ(matrix.chunk_of(8, 2, 2), 128u);
  EXPECT_EQ(matrix.chunk_of(0, 8, 2), 1024u);
}

TEST(SharedMatrix, AStartInsideThePatternIsReported) {
  SharedMatrix matrix{2048 + 96, 0, 1024, Swizzle::k128B, false};
  EXPECT_EQ(matrix.check_start(), "");
  matrix.start += 16;
  EXPECT_THAT(matrix.check_start(), testing::HasSubstr("leave the swizzle atom"));
  matrix.start = 2048 + 128;
  EXPECT_THAT(matrix.check_start(), testing::HasSubstr("inside the pattern"));
}

}  // namespace
}  // namespace emulator
