// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "compile/disk_cache.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "compile/compile_fixture.h"

namespace mla::compile {
namespace {

using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

const CacheKey kKey = {.text = "kernel<Config{}>\nsm_90a", .compiler = "libnvrtc.so.13 1000"};

KernelImage image_of(const std::string& code) {
  return {.symbol = "_Z6kernelv", .code = code, .origin = Origin::kCompiled};
}

TEST(DefaultCacheFolder, FollowsTheEnvironment) {
  const testing::Variable home("HOME", "/home/somebody");
  const testing::Variable no_cache("XDG_CACHE_HOME", "");
  const testing::Variable no_folder("TOKENSPEED_MLA_CACHE_DIR", "");
  EXPECT_EQ(default_cache_folder(), "/home/somebody/.cache/tokenspeed_mla");
  const testing::Variable cache("XDG_CACHE_HOME", "/cache");
  EXPECT_EQ(default_cache_folder(), "/cache/tokenspeed_mla");
  const testing::Variable folder("TOKENSPEED_MLA_CACHE_DIR", "/kernels");
  EXPECT_EQ(default_cache_folder(), "/kernels");
}

class DiskCacheTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  DiskCache cache_{folder_.path() / "kernels"};
};

TEST_F(DiskCacheTest, GivesBackWhatWasStored) {
  EXPECT_FALSE(cache_.load(kKey));
  EXPECT_TRUE(cache_.store(kKey, image_of(std::string("\x7f"
                                                      "ELF\0binary",
                                                      11))));
  const auto image = cache_.load(kKey);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->symbol, "_Z6kernelv");
  EXPECT_EQ(image->code, std::string("\x7f"
                                     "ELF\0binary",
                                     11));
  EXPECT_EQ(image->origin, Origin::kDiskCache);
}

TEST_F(DiskCacheTest, AnotherKeyIsAMiss) {
  cache_.store(kKey, image_of("code"));
  EXPECT_FALSE(cache_.load({.text = "kernel<Config{}>\nsm_100f", .compiler = kKey.compiler}));
}

TEST_F(DiskCacheTest, AnotherCompilersImageIsAMissUnlessThereIsNone) {
  cache_.store(kKey, image_of("code"));
  EXPECT_FALSE(cache_.load({.text = kKey.text, .compiler = "libnvrtc.so.13 2000"}));
  EXPECT_TRUE(cache_.load({.text = kKey.text, .compiler = ""}));
}

TEST_F(DiskCacheTest, DamagedEntriesAreMissesAndAreReplaced) {
  cache_.store(kKey, image_of(std::string(500, 'x')));
  const std::string whole = read_file(cache_.file(kKey));
  std::string flipped = whole;
  flipped[whole.size() - 10] ^= 1;
  for (const std::string& damaged :
       {std::string(), whole.substr(0, 10), whole.substr(0, 60), whole.substr(0, whole.size() - 1),
        flipped, std::string(1000, '\xff')}) {
    write_file(cache_.file(kKey), damaged);
    EXPECT_FALSE(cache_.load(kKey)) << damaged.size() << " bytes";
    EXPECT_TRUE(cache_.store(kKey, image_of("again")));
    EXPECT_EQ(cache_.load(kKey)->code, "again");
  }
}

TEST_F(DiskCacheTest, FolderThatCannotBeMadeIsNoError) {
  write_file(folder_.path() / "file", "");
  const DiskCache cache(folder_.path() / "file" / "kernels");
  EXPECT_FALSE(cache.store(kKey, image_of("code")));
  EXPECT_FALSE(cache.load(kKey));
}

TEST_F(DiskCacheTest, ReadOnlyFolderIsNoError) {
  if (geteuid() == 0) GTEST_SKIP() << "permissions do not bind root";
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_read);
  EXPECT_FALSE(cache_.store(kKey, image_of("code")));
}

// A full disk, played by a limit on the size of files.
TEST_F(DiskCacheTest, FullDiskIsNoErrorAndLeavesNothingBehind) {
  cache_.store(kKey, image_of("small"));
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight = {.rlim_cur = 4096, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  const bool is_stored = cache_.store(kKey, image_of(std::string(100000, 'x')));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);

  EXPECT_FALSE(is_stored);
  EXPECT_EQ(cache_.load(kKey)->code, "small");
  const std::filesystem::directory_iterator files(cache_.folder());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(DiskCacheTest, ReadersSeeWholeEntriesWhileOthersWrite) {
  cache_.store(kKey, image_of(std::string(100000, 'a')));
  std::thread writer([&] {
    for (int i = 0; i < 100; ++i)
      cache_.store(kKey, image_of(std::string(100000, i % 2 ? 'a' : 'b')));
  });
  for (int i = 0; i < 200; ++i) {
    const auto image = cache_.load(kKey);
    ASSERT_TRUE(image);
    ASSERT_EQ(image->code, std::string(100000, image->code[0]));
  }
  writer.join();
}

}  // namespace
}  // namespace mla::compile
