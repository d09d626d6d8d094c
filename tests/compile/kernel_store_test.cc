// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "compile/kernel_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compile/compile_fixture.h"

namespace mla::compile {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

const KernelSource kMerge = {"device/simt/merge.cuh", "mla::merge_kernel<mla::MergeConfig{}>"};
const Target kTarget = {.arch = "90a"};
const NvrtcSearch kNoCompiler = {
    .named_file = "/nowhere/libnvrtc.so", .package_dirs = {}, .toolkit_dirs = {}};

class KernelStoreTest : public ::testing::Test {
 protected:
  KernelStore store(const NvrtcSearch& nvrtc) const {
    return KernelStore(
        {.aot_folder = folder_.path(), .cache_folder = folder_.path() / "cache", .nvrtc = nvrtc});
  }

  std::filesystem::path aot_file() const { return folder_.path() / aot_file_name(kTarget); }

  TemporaryFolder folder_;
};

TEST_F(KernelStoreTest, CompilesOnceThenReadsTheCache) {
  MLA_NEEDS_NVRTC();
  const KernelImage compiled = store(testing::nvrtc_at_hand()).find(kMerge, kTarget);
  EXPECT_EQ(compiled.origin, Origin::kCompiled);
  const KernelImage cached = store(testing::nvrtc_at_hand()).find(kMerge, kTarget);
  EXPECT_EQ(cached.origin, Origin::kDiskCache);
  EXPECT_EQ(cached.code, compiled.code);
  EXPECT_EQ(cached.symbol, compiled.symbol);
}

TEST_F(KernelStoreTest, CacheServesWithoutCompiler) {
  MLA_NEEDS_NVRTC();
  store(testing::nvrtc_at_hand()).find(kMerge, kTarget);
  EXPECT_EQ(store(kNoCompiler).find(kMerge, kTarget).origin, Origin::kDiskCache);
}

TEST_F(KernelStoreTest, WithoutCompilerSaysWhatIsMissing) {
  const Error error = error_of([&] { store(kNoCompiler).find(kMerge, kTarget); });
  EXPECT_EQ(error.kind(), ErrorKind::kRuntime);
  EXPECT_THAT(
      error.what(),
      HasSubstr("mla::merge_kernel<mla::MergeConfig{}> for sm_90a is neither compiled ahead "
                "of time nor cached, and NVRTC: none found"));
}

TEST_F(KernelStoreTest, DamagedAotObjectIsToldWhenNothingElseHelps) {
  write_file(aot_file(), "not an object");
  EXPECT_THAT(error_of([&] { store(kNoCompiler).find(kMerge, kTarget); }).what(),
              HasSubstr("libmla_kernels_sm_90a.so: is no shared object"));
}

TEST_F(KernelStoreTest, DamagedAotObjectCostsOnlyACompilation) {
  MLA_NEEDS_NVRTC();
  write_file(aot_file(), "not an object");
  EXPECT_EQ(store(testing::nvrtc_at_hand()).find(kMerge, kTarget).origin, Origin::kCompiled);
}

TEST_F(KernelStoreTest, KeyKnowsConfigTargetAndFile) {
  const std::string key = kernel_key(kMerge, kTarget);
  EXPECT_NE(key, kernel_key(kMerge, {.arch = "100f"}));
  EXPECT_NE(key, kernel_key(kMerge, {.arch = "90a", .form = ImageForm::kPtx}));
  EXPECT_NE(key, kernel_key({kMerge.file, "mla::merge_kernel<mla::MergeConfig{.head_dim = 8}>"},
                            kTarget));
}

// Objects compiled ahead of time, as `make aot` makes them but with one kernel of plain text.
class AotObjectTest : public KernelStoreTest {};

TEST_F(AotObjectTest, ServesItsKernelWithoutCompiler) {
  std::filesystem::copy(MLA_AOT_SAMPLE, aot_file());
  const AotObject object(aot_file());
  EXPECT_EQ(object.num_kernels(), 2);
  const auto image = object.find("sample key");
  ASSERT_TRUE(image);
  EXPECT_EQ(image->symbol, "sample_symbol");
  EXPECT_EQ(image->code, "sample image");
  EXPECT_EQ(image->origin, Origin::kAheadOfTime);
  EXPECT_FALSE(object.find("another key"));
}

TEST_F(AotObjectTest, DamagedImageIsRefused) {
  EXPECT_THAT(error_of([&] { AotObject(MLA_AOT_SAMPLE).find("damaged key"); }).what(),
              HasSubstr("the image of damaged_symbol is damaged"));
}

TEST_F(AotObjectTest, ShortenedObjectIsRefusedBeforeItIsLoaded) {
  const std::string whole = read_file(MLA_AOT_SAMPLE);
  for (const std::size_t size : {whole.size() - 1, whole.size() / 2, std::size_t(100)}) {
    write_file(aot_file(), whole.substr(0, size));
    EXPECT_THAT(error_of([&] { AotObject{aot_file()}; }).what(), HasSubstr("is cut short"));
  }
}

TEST_F(AotObjectTest, OtherFilesAreRefused) {
  EXPECT_THAT(error_of([&] { AotObject{aot_file()}; }).what(), HasSubstr("cannot be read"));
  write_file(aot_file(), "");
  EXPECT_THAT(error_of([&] { AotObject{aot_file()}; }).what(), HasSubstr("is no shared object"));
}

}  // namespace
}  // namespace mla::compile
