// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "driver/driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "driver/driver_fixture.h"

namespace mla::driver {
namespace {

using testing::DriverTest;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(DriverFile, NoneFoundSaysWhichFile) {
  const Error error = error_of([] { Driver("/nowhere/libcuda.so.1"); });
  EXPECT_EQ(error.kind(), ErrorKind::kRuntime);
  EXPECT_THAT(error.what(), StartsWith("CUDA driver: none found: /nowhere/libcuda.so.1: "));
}

TEST(DriverFile, OldDriverSaysWhatItSpeaks) {
  const Error error = error_of([] { Driver(MLA_OLD_DRIVER); });
  EXPECT_THAT(error.what(), HasSubstr("is too old: CUDA 12.0 or newer is needed, got 11.4"));
}

TEST(DriverFile, LibraryThatIsNoDriverSaysWhatItLacks) {
  const Error error = error_of([] { Driver("libm.so.6"); });
  EXPECT_STREQ(error.what(), "CUDA driver: libm.so.6 has no function cuInit");
}

TEST_F(DriverTest, StartsAndCountsDevices) {
  const Driver driver(MLA_FAKE_DRIVER);
  EXPECT_EQ(driver.version(), 13000);
  EXPECT_EQ(driver.num_devices(), 2);
}

TEST_F(DriverTest, WithoutDeviceIsNoError) {
  fake().results["cuInit"] = kErrorNoDevice;
  EXPECT_EQ(Driver(MLA_FAKE_DRIVER).num_devices(), 0);
}

TEST_F(DriverTest, FailedStartHasTheDriversWords) {
  fake().results["cuInit"] = kErrorUnknown;
  EXPECT_THAT(error_of([] { Driver(MLA_FAKE_DRIVER); }).what(),
              AllOf(HasSubstr("starting "),
                    HasSubstr("failed: unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)")));
}

}  // namespace
}  // namespace mla::driver
