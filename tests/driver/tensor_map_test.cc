// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "driver/tensor_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "driver/context.h"
#include "driver/driver_fixture.h"

namespace mla::driver {
namespace {

using testing::DriverTest;
using testing::error_of;

constexpr TensorTile kTile = {.data_type = kTensorMapBFloat16,
                              .rank = 3,
                              .dims = {576, 64, 1000},
                              .stride_bytes = {1152, 73728},
                              .box = {64, 64, 1},
                              .swizzle = kSwizzle128B};

TEST_F(DriverTest, TensorMapIsEncodedByTheDriver) {
  const Driver driver(MLA_FAKE_DRIVER);
  encode_tensor_map(driver, nullptr, kTile);
  EXPECT_EQ(fake().count("cuTensorMapEncodeTiled"), 1);
}

TEST_F(DriverTest, RefusedTensorMapShowsTheTile) {
  const Driver driver(MLA_FAKE_DRIVER);
  fake().results["cuTensorMapEncodeTiled"] = kErrorInvalidValue;
  EXPECT_THAT(error_of([&] { encode_tensor_map(driver, nullptr, kTile); }).what(),
              ::testing::HasSubstr("encoding a tensor map of rank 3, dims (576, 64, 1000), strides "
                                   "(1152, 73728) bytes, box (64, 64, 1), swizzle 3 failed: "));
}

TEST_F(DriverTest, TensorMapRankIsChecked) {
  const Driver driver(MLA_FAKE_DRIVER);
  EXPECT_STREQ(error_of([&] { encode_tensor_map(driver, nullptr, {.rank = 6}); }).what(),
               "tensor map: rank must be 1 to 5, got 6");
}

TEST_F(DriverTest, DevicePropertiesComeFromAttributes) {
  fake().attributes = {{kComputeCapabilityMajor, 9},
                       {kMultiprocessorCount, 132},
                       {kMaxSmemPerBlockOptinBytes, 232448},
                       {kL2CacheSizeBytes, 60 << 20}};
  const DeviceProperties properties = device_properties(Driver(MLA_FAKE_DRIVER), 0);
  EXPECT_EQ(properties.name, "NVIDIA H200");
  EXPECT_EQ(properties.major, 9);
  EXPECT_EQ(properties.minor, 0);
  EXPECT_EQ(properties.num_sms, 132);
  EXPECT_EQ(properties.smem_per_block_bytes, 232448);
  EXPECT_EQ(properties.l2_bytes, 60 << 20);
}

}  // namespace
}  // namespace mla::driver
