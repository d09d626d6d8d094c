// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "driver/kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "driver/driver_fixture.h"

namespace mla::driver {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

struct Params {
  int value;
};

class KernelTest : public testing::DriverTest {
 protected:
  void SetUp() override {
    DriverTest::SetUp();
    driver_.emplace(MLA_FAKE_DRIVER);
    context_.emplace(*driver_, 1);
  }

  Kernel make_kernel(unsigned smem_bytes = 0) {
    return Kernel(*context_, "cubin", "symbol", "kv_pack<KvPackConfig{}>", smem_bytes);
  }

  std::optional<Driver> driver_;
  std::optional<PrimaryContext> context_;
};

TEST_F(KernelTest, LaunchPassesShapeStreamAndArgument) {
  const Kernel kernel = make_kernel();
  const auto stream = reinterpret_cast<CUstream>(std::uintptr_t(7));
  kernel.launch({.grid = {10, 2, 3}, .block = {128}, .dynamic_smem_bytes = 512}, stream,
                Params{42});
  ASSERT_EQ(fake().launches.size(), 1u);
  const testing::FakeLaunch& launch = fake().launches[0];
  EXPECT_EQ(launch.config.grid_x, 10u);
  EXPECT_EQ(launch.config.grid_z, 3u);
  EXPECT_EQ(launch.config.block_x, 128u);
  EXPECT_EQ(launch.config.dynamic_smem_bytes, 512u);
  EXPECT_EQ(launch.config.stream, stream);
  EXPECT_EQ(launch.first_argument, 42);
  EXPECT_TRUE(launch.attributes.empty());
}

TEST_F(KernelTest, AttributesArePassedWhenAskedFor) {
  make_kernel().launch(
      {.grid = {4}, .block = {32}, .cluster = {2}, .is_cooperative = true, .enable_pdl = true},
      nullptr, Params{1});
  const auto& attributes = fake().launches.at(0).attributes;
  ASSERT_EQ(attributes.size(), 3u);
  EXPECT_EQ(attributes[0].id, kLaunchClusterDimension);
  EXPECT_EQ(attributes[0].value.cluster_dim.x, 2u);
  EXPECT_EQ(attributes[0].value.cluster_dim.z, 1u);
  EXPECT_EQ(attributes[1].id, kLaunchCooperative);
  EXPECT_EQ(attributes[2].id, kLaunchProgrammaticStreamSerialization);
  EXPECT_EQ(attributes[2].value.programmatic_stream_serialization, 1);
}

TEST_F(KernelTest, EmptyGridStartsNothing) {
  make_kernel().launch({.grid = {0}, .block = {32}}, nullptr, Params{1});
  EXPECT_TRUE(fake().launches.empty());
}

TEST_F(KernelTest, LaunchAllocatesAndSynchronizesNothing) {
  const Kernel kernel = make_kernel();
  fake().calls.clear();
  fake().current = context_->handle();
  kernel.launch({.grid = {1}, .block = {32}}, nullptr, Params{1});
  EXPECT_THAT(fake().calls, ::testing::ElementsAre("cuCtxGetCurrent", "cuLaunchKernelEx"));
}

TEST_F(KernelTest, AnotherCurrentContextIsRestored) {
  const Kernel kernel = make_kernel();
  fake().calls.clear();
  kernel.launch({.grid = {1}, .block = {32}}, nullptr, Params{1});
  EXPECT_THAT(fake().calls, ::testing::ElementsAre("cuCtxGetCurrent", "cuCtxPushCurrent_v2",
                                                   "cuLaunchKernelEx", "cuCtxPopCurrent_v2"));
}

TEST_F(KernelTest, FailedLaunchSaysWhatWasLaunched) {
  const Kernel kernel = make_kernel();
  fake().results["cuLaunchKernelEx"] = kErrorLaunchFailed;
  const Error error =
      error_of([&] { kernel.launch({.grid = {10, 2}, .block = {128}}, nullptr, Params{1}); });
  EXPECT_EQ(error.kind(), ErrorKind::kRuntime);
  EXPECT_STREQ(error.what(),
               "CUDA driver: launching kv_pack<KvPackConfig{}> on cuda:1 with grid (10, 2, 1), "
               "block (128, 1, 1), cluster (1, 1, 1), 0 bytes of dynamic shared memory failed: "
               "unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)");
}

TEST_F(KernelTest, MissingSymbolUnloadsTheImage) {
  fake().results["cuLibraryGetKernel"] = kErrorNotFound;
  const Error error = error_of([&] { make_kernel(); });
  EXPECT_THAT(error.what(), HasSubstr("looking for its symbol symbol"));
  EXPECT_EQ(fake().count("cuLibraryUnload"), 1);
  EXPECT_EQ(fake().current, nullptr);
}

TEST_F(KernelTest, ImageOfAnotherArchitectureIsRefused) {
  fake().results["cuLibraryLoadData"] = kErrorNoBinaryForGpu;
  EXPECT_THAT(error_of([&] { make_kernel(); }).what(),
              HasSubstr("loading kv_pack<KvPackConfig{}> failed: "));
  EXPECT_EQ(fake().count("cuLibraryUnload"), 0);
}

TEST_F(KernelTest, DynamicSmemIsAskedForOnceAtLoading) {
  const Kernel kernel = make_kernel(200 * 1024);
  EXPECT_EQ(fake().count("cuKernelSetAttribute"), 1);
  kernel.launch({.grid = {1}, .block = {32}, .dynamic_smem_bytes = 200 * 1024}, nullptr, Params{1});
  EXPECT_EQ(fake().count("cuKernelSetAttribute"), 1);
}

TEST_F(KernelTest, LoadingIsAllowedDuringAStreamCapture) {
  make_kernel();
  EXPECT_EQ(fake().count("cuThreadExchangeStreamCaptureMode"), 2);
}

}  // namespace
}  // namespace mla::driver
