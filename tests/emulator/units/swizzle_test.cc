// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/swizzle.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace emulator {
namespace {

// A table of the manual: each line is 128 bytes of shared memory, each digit the 16-byte chunk of
// the unswizzled line that lies there. Lines repeat.
struct Pattern {
  const char* name;
  Swizzle swizzle;
  std::vector<std::string> lines;
};

class SwizzlePattern : public testing::TestWithParam<Pattern> {};

TEST_P(SwizzlePattern, IsTheOneOfTheManual) {
  const Pattern& pattern = GetParam();
  for (uint32_t line = 0; line < 32; ++line) {
    const std::string& chunks = pattern.lines[line % pattern.lines.size()];
    for (uint32_t place = 0; place < 8; ++place) {
      const uint32_t chunk = static_cast<uint32_t>(chunks[place] - '0');
      EXPECT_EQ(swizzled_offset(pattern.swizzle, line * 128 + chunk * 16), line * 128 + place * 16)
          << "line " << line << ", chunk " << chunk;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, SwizzlePattern,
    testing::Values(
        Pattern{"none", Swizzle::kNone, {"01234567"}},
        Pattern{"span32", Swizzle::k32B, {"01234567", "10325476"}},
        Pattern{"span64", Swizzle::k64B, {"01234567", "10325476", "23016745", "32107654"}},
        Pattern{"span128",
                Swizzle::k128B,
                {"01234567", "10325476", "23016745", "32107654", "45670123", "54761032", "67452301",
                 "76543210"}},
        Pattern{"atom32", Swizzle::k128BAtom32B, {"01234567", "23016745", "45670123", "67452301"}},
        Pattern{"atom64", Swizzle::k128BAtom64B, {"01234567", "45670123"}}),
    [](const auto& pattern) { return std::string(pattern.param.name); });

TEST(Swizzle, FlipsTheHalvesOfAChunkInEveryOtherLine) {
  for (uint32_t offset = 0; offset < 1024; offset += 8) {
    const uint32_t plain = swizzled_offset(Swizzle::k128BAtom32B, offset);
    const bool is_odd_line = offset / 128 % 2 == 1;
    EXPECT_EQ(swizzled_offset(Swizzle::k128BAtom32BFlip8B, offset),
              is_odd_line ? plain ^ 8 : plain);
  }
}

TEST(Swizzle, PermutesWithinItsRepeat) {
  for (int mode = 0; mode <= static_cast<int>(Swizzle::k128BAtom64B); ++mode) {
    const auto swizzle = static_cast<Swizzle>(mode);
    const uint32_t repeat = swizzle_repeat_bytes(swizzle);
    std::set<uint32_t> places;
    for (uint32_t offset = 0; offset < repeat; ++offset) {
      places.insert(swizzled_offset(swizzle, 3 * repeat + offset));
    }
    EXPECT_EQ(places.size(), repeat);
    EXPECT_EQ(*places.begin(), 3 * repeat);
    EXPECT_EQ(*places.rbegin(), 4 * repeat - 1);
  }
}

}  // namespace
}  // namespace emulator
