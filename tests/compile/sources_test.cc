// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "compile/compile_fixture.h"
#include "compile/content_hash.h"
#include "compile/embedded_sources.h"

namespace mla::compile {
namespace {

using testing::error_of;
using testing::read_file;

TEST(ContentHash, MatchesPublishedValues) {
  EXPECT_EQ(content_hash(""), "6c62272e07bb014262b821756295c58d");
  EXPECT_EQ(content_hash("a"), "d228cb696f1a8caf78912b704e4a8964");
}

TEST(EmbeddedSources, HoldTheTreesTextUnchanged) {
  ASSERT_FALSE(embedded_sources().empty());
  for (const SourceFile& file : embedded_sources()) {
    EXPECT_EQ(file.text, read_file(std::string(MLA_SOURCE_DIR "/") + file.name)) << file.name;
  }
}

TEST(IncludeClosure, HasEachFileOnceAndTheRootFirst) {
  const auto files = include_closure("device/simt/kv_pack.cuh");
  EXPECT_STREQ(files.front().name, "device/simt/kv_pack.cuh");
  std::set<std::string> names;
  for (const SourceFile& file : files) EXPECT_TRUE(names.insert(file.name).second) << file.name;
  EXPECT_TRUE(names.contains("device/abi/kv_pack_params.h"));
  EXPECT_TRUE(names.contains("device/ptx/cvt.cuh"));  // through device/tile/vector.cuh
  EXPECT_FALSE(names.contains("device/simt/merge.cuh"));
}

TEST(IncludeClosure, UnknownFileIsNamed) {
  EXPECT_STREQ(error_of([] { include_closure("device/none.cuh"); }).what(),
               "compile: a device source must be part of the library, got device/none.cuh");
}

TEST(ClosureHash, SeesNamesTextsAndTheirBorder) {
  const std::string base = closure_hash(std::vector<SourceFile>{{"ab", "c"}});
  EXPECT_EQ(base, closure_hash(std::vector<SourceFile>{{"ab", "c"}}));
  EXPECT_NE(base, closure_hash(std::vector<SourceFile>{{"a", "bc"}}));
  EXPECT_NE(base, closure_hash(std::vector<SourceFile>{{"ab", "d"}}));
}

}  // namespace
}  // namespace mla::compile
