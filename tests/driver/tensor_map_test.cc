// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "driver/tensor_map_memo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

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

// Where the fake driver notes the address that a map was encoded for.
std::uint64_t first_word(const CUtensorMap& map) {
  std::uint64_t word = 0;
  std::memcpy(&word, &map, sizeof(word));
  return word;
}

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

TEST_F(DriverTest, RememberedTensorMapIsEncodedOnce) {
  const Driver driver(MLA_FAKE_DRIVER);
  TensorMapMemo memo;
  for (int i = 0; i < 3; ++i) memo.find_or_encode(driver, &driver, kTile);
  EXPECT_EQ(fake().count("cuTensorMapEncodeTiled"), 1);
}

// Also where two of them meet in one entry, as many of these do.
TEST_F(DriverTest, RememberedTensorMapsAreToldApart) {
  const Driver driver(MLA_FAKE_DRIVER);
  TensorMapMemo memo;
  const auto address = [](int i) { return reinterpret_cast<void*>(std::uintptr_t(i) * 16); };
  for (int i = 0; i < 1000; ++i) {
    const CUtensorMap map = memo.find_or_encode(driver, address(i), kTile);
    EXPECT_EQ(first_word(map), std::uint64_t(i) * 16);
  }
}

TEST_F(DriverTest, RememberedTensorMapHoldsEveryFieldOfItsTile) {
  const Driver driver(MLA_FAKE_DRIVER);
  TensorMapMemo memo;
  memo.find_or_encode(driver, &driver, kTile);
  TensorTile others[6] = {kTile, kTile, kTile, kTile, kTile, kTile};
  others[0].dims[2] = 999;
  others[1].stride_bytes[1] = 16;
  others[2].box[1] = 32;
  others[3].swizzle = kSwizzle64B;
  others[4].l2_promotion = kL2Promotion64B;
  others[5].out_of_bounds_fill = kOutOfBoundsNan;
  for (const TensorTile& other : others) memo.find_or_encode(driver, &driver, other);
  EXPECT_EQ(fake().count("cuTensorMapEncodeTiled"), 7);
}

TEST_F(DriverTest, RefusedTensorMapIsNotRemembered) {
  const Driver driver(MLA_FAKE_DRIVER);
  TensorMapMemo memo;
  fake().results["cuTensorMapEncodeTiled"] = kErrorInvalidValue;
  EXPECT_THROW(memo.find_or_encode(driver, &driver, kTile), Error);
  fake().results.clear();
  memo.find_or_encode(driver, &driver, kTile);
  EXPECT_EQ(fake().count("cuTensorMapEncodeTiled"), 2);
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
