// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "compile/nvrtc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "compile/compile_fixture.h"
#include "compile/nvrtc_search.h"

namespace mla::compile {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TemporaryFolder;
using testing::write_file;

const KernelSource kPack = {"device/simt/kv_pack.cuh", "mla::kv_pack_kernel<mla::KvPackConfig{}>"};

TEST(NvrtcSearch, NamedFileIsTheOnlyCandidate) {
  EXPECT_THAT(nvrtc_candidates({.named_file = "/x/libnvrtc.so",
                                .package_dirs = {"/y"},
                                .toolkit_dirs = {"/usr/local/cuda"}}),
              ElementsAre("/x/libnvrtc.so"));
}

TEST(NvrtcSearch, PackageComesBeforeToolkitBeforeLoader) {
  const TemporaryFolder folder;
  const auto package = folder.path() / "site-packages" / "nvidia" / "cu13" / "lib";
  const auto toolkit = folder.path() / "cuda" / "lib64";
  std::filesystem::create_directories(package);
  std::filesystem::create_directories(toolkit);
  write_file(package / "libnvrtc.so.13", "");
  write_file(toolkit / "libnvrtc.so.12", "");
  EXPECT_THAT(nvrtc_candidates({.named_file = {},
                                .package_dirs = {folder.path() / "site-packages"},
                                .toolkit_dirs = {folder.path() / "cuda"}}),
              ElementsAre(package / "libnvrtc.so.13", toolkit / "libnvrtc.so.12", "libnvrtc.so.13",
                          "libnvrtc.so.12", "libnvrtc.so"));
}

TEST(NvrtcSearch, FollowsTheEnvironment) {
  const testing::Variable file("TOKENSPEED_MLA_NVRTC", "/x/libnvrtc.so");
  const testing::Variable toolkit("CUDA_HOME", "/opt/cuda");
  const NvrtcSearch search = nvrtc_search_from_environment();
  EXPECT_EQ(search.named_file, "/x/libnvrtc.so");
  EXPECT_EQ(search.toolkit_dirs.front(), "/opt/cuda");
}

TEST(Nvrtc, NoneFoundSaysWhatWasTriedAndWhatHelps) {
  const Error error = error_of([] { Nvrtc({"/nowhere/libnvrtc.so.13", "libm.so.6"}); });
  EXPECT_EQ(error.kind(), ErrorKind::kRuntime);
  EXPECT_THAT(error.what(), StartsWith("NVRTC: none found; install the package nvidia-cuda-nvrtc"));
  EXPECT_THAT(error.what(), HasSubstr("\n  /nowhere/libnvrtc.so.13: "));
  EXPECT_THAT(error.what(), HasSubstr("\n  libm.so.6: not an NVRTC library"));
}

class NvrtcTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MLA_NEEDS_NVRTC();
    nvrtc_.emplace(nvrtc_candidates(testing::nvrtc_at_hand()));
  }

  std::optional<Nvrtc> nvrtc_;
};

TEST_F(NvrtcTest, CompilesEveryTargetToACubin) {
  for (const char* arch : {"90a", "100f", "103f"}) {
    const KernelImage image = nvrtc_->compile(kPack, {.arch = arch});
    EXPECT_THAT(image.code, StartsWith("\x7f"
                                       "ELF"))
        << arch;
    EXPECT_THAT(image.symbol, HasSubstr("kv_pack_kernel")) << arch;
    EXPECT_THAT(image.code, HasSubstr(image.symbol)) << arch;
  }
}

TEST_F(NvrtcTest, CompilesToPtx) {
  const KernelImage image = nvrtc_->compile(kPack, {.arch = "90a", .form = ImageForm::kPtx});
  EXPECT_THAT(image.code, HasSubstr(".target sm_90a"));
  EXPECT_THAT(image.code, HasSubstr("cvt.rn.satfinite.e4m3x2.f32"));
  EXPECT_THAT(image.code, HasSubstr("griddepcontrol.wait"));
  EXPECT_EQ(image.code.back(), '\0');
}

TEST_F(NvrtcTest, FailureShowsConfigTargetAndLog) {
  const KernelSource wrong = {"device/simt/kv_pack.cuh",
                              "mla::kv_pack_kernel<mla::KvPackConfig{.nope_dim = 127}>"};
  EXPECT_THAT(error_of([&] { nvrtc_->compile(wrong, {.arch = "90a"}); }).what(),
              AllOf(HasSubstr("compiling mla::kv_pack_kernel<mla::KvPackConfig{.nope_dim = 127}> "
                              "for sm_90a failed:\n"),
                    HasSubstr("static assertion failed")));
}

// The kernels include no CUDA header, so that compiling one takes a fraction of a second. The bound
// is loose: this machine may be busy.
TEST_F(NvrtcTest, CompilesQuickly) {
  nvrtc_->compile(kPack, {.arch = "90a"});
  const auto start = std::chrono::steady_clock::now();
  nvrtc_->compile(kPack, {.arch = "90a"});
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  RecordProperty("seconds", std::to_string(elapsed.count()));
  EXPECT_LT(elapsed.count(), 3.0);
}

}  // namespace
}  // namespace mla::compile
