// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/target.h"

#include <gmock/gmock.h>

#include "emulator/ptx/parser.h"

namespace emulator::ptx {
namespace {

// As ptxas of CUDA 13.0 accepts and refuses them.
TEST(Target, FamiliesHoldLaterArchitectures) {
  for (const char* target : {"sm_100a", "sm_100f", "sm_103a", "sm_103f"}) {
    EXPECT_TRUE(allows(target, "sm_100f")) << target;
  }
  for (const char* target : {"sm_90a", "sm_100", "sm_120a", "sm_110a"}) {
    EXPECT_FALSE(allows(target, "sm_100f")) << target;
  }
  EXPECT_TRUE(allows("sm_103a", "sm_103f"));
  EXPECT_FALSE(allows("sm_100a", "sm_103f"));
}

TEST(Target, AnArchitectureIsItselfAlone) {
  EXPECT_TRUE(allows("sm_100a", "sm_100a"));
  EXPECT_FALSE(allows("sm_100f", "sm_100a"));
  EXPECT_FALSE(allows("sm_103a", "sm_100a"));
}

std::string problem_of(const std::string& target, const std::string& instruction) {
  try {
    load_module(".version 9.0\n.target " + target +
                "\n.address_size 64\n.visible .entry k()\n{\n.reg .b32 %r<9>;\n.reg .b64 %d<3>;\n"
                ".reg .pred %p;\n" +
                instruction + "\nret;\n}\n");
    return {};
  } catch (const LoadError& error) {
    return error.what();
  }
}

TEST(Target, TensorCoreInstructionsNeedTheirs) {
  const std::string load = "tcgen05.ld.sync.aligned.32x32b.x1.b32 {%r1}, [%r2];";
  const std::string reduce =
      "tcgen05.ld.red.sync.aligned.32x32b.x2.max.u32 {%r1, %r3}, %r4, [%r2];";
  const std::string integer = "tcgen05.mma.cta_group::1.kind::i8 [%r1], %d1, %d2, %r2, %p;";
  EXPECT_EQ(problem_of("sm_100a", load), "");
  EXPECT_EQ(problem_of("sm_103f", load), "");
  EXPECT_THAT(problem_of("sm_90a", load), testing::HasSubstr("does not exist for .target sm_90a"));
  EXPECT_THAT(problem_of("sm_100", load), testing::HasSubstr("sm_100f"));
  EXPECT_EQ(problem_of("sm_103a", reduce), "");
  EXPECT_THAT(problem_of("sm_100a", reduce), testing::HasSubstr("sm_103f"));
  EXPECT_EQ(problem_of("sm_100a", integer), "");
  EXPECT_THAT(problem_of("sm_103a", integer), testing::HasSubstr("sm_100a"));
}

TEST(Target, PairsAndFourRowsCameWithBlackwell) {
  const std::string load = "cp.async.bulk.tensor.2d.shared::cluster.global";
  const std::string end = ".mbarrier::complete_tx::bytes";
  const std::string rows = load + ".tile::gather4" + end + " [%r1], [%d1, {0, 1, 2, 3, 4}], [%r2];";
  const std::string pair = load + end + ".cta_group::2 [%r1], [%d1, {0, 1}], [%r2];";
  EXPECT_EQ(problem_of("sm_90", load + end + " [%r1], [%d1, {0, 1}], [%r2];"), "");
  EXPECT_EQ(problem_of("sm_100a", rows), "");
  EXPECT_EQ(problem_of("sm_103f", pair), "");
  EXPECT_THAT(problem_of("sm_90a", rows), testing::HasSubstr("sm_100f"));
  EXPECT_THAT(problem_of("sm_90a", pair), testing::HasSubstr("sm_100f"));
}

}  // namespace
}  // namespace emulator::ptx
