// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "driver/gpu_runtime_fixture.h"
#include "mla/prefill.h"

// What prefill asks of the driver, and what it refuses before that, on the fake driver.
namespace mla {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using testing::GpuRuntimeTest;
using testing::kCuda0;

// Pointers that the fake driver never follows.
void* at(std::uintptr_t offset) {
  return reinterpret_cast<void*>((std::uintptr_t{1} << 40) + offset);
}

// One request of 300 tokens behind 200 others, 8 heads, 2 of keys.
PrefillArgs prefill_args(DType dtype) {
  const std::uintptr_t apart = std::uintptr_t{1} << 32;
  return {.query = contiguous_view(at(0), dtype, {300, 8, 192}, kCuda0),
          .key = contiguous_view(at(apart), dtype, {500, 2, 192}, kCuda0),
          .value = contiguous_view(at(2 * apart), dtype, {500, 2, 128}, kCuda0),
          .out = contiguous_view(at(3 * apart), DType::kBFloat16, {300, 8, 128}, kCuda0),
          .cum_seq_lens_kv = contiguous_view(at(4 * apart), DType::kInt32, {2}, kCuda0),
          .cum_seq_lens_q = contiguous_view(at(5 * apart), DType::kInt32, {2}, kCuda0),
          .lse = std::nullopt,
          .batch = 1,
          .max_seq_len_q = 300,
          .max_seq_len_kv = 500,
          .softmax_scale = 0.1f};
}

class PrefillLaunchTest : public GpuRuntimeTest {
 protected:
  // The maps of a call, which needs no compiler to get so far.
  std::vector<testing::FakeTensorMap> maps_of(const PrefillArgs& args) {
    nvrtc_ = "/nowhere/libnvrtc.so";
    Runtime runtime(options());
    EXPECT_EQ(error_of([&] { prefill(args, runtime); }).kind(), ErrorKind::kRuntime);
    return fake().tensor_maps;
  }

  void expect_refused(const PrefillArgs& args, const char* text) {
    Runtime runtime(options());
    const Error error = error_of([&] { prefill(args, runtime); });
    EXPECT_EQ(error.kind(), ErrorKind::kNotImplemented);
    EXPECT_STREQ(error.what(), text);
    EXPECT_TRUE(fake().launches.empty());
  }
};

std::string text_of(const testing::FakeTensorMap& map) {
  return to_string(map.tile);
}

TEST_F(PrefillLaunchTest, MapsOf16BitTensors) {
  PrefillArgs args = prefill_args(DType::kBFloat16);
  args.value.strides = {2 * 256, 256, 1};  // columns 128 and up of a projection
  const auto maps = maps_of(args);
  ASSERT_EQ(maps.size(), 3u);
  EXPECT_THAT(
      (std::vector{text_of(maps[0]), text_of(maps[1]), text_of(maps[2])}),
      ElementsAre("rank 4, dims (128, 300, 3, 8), strides (3072, 128, 384) bytes, box (128, 64, 3, "
                  "1), swizzle 3",
                  "rank 4, dims (128, 500, 3, 2), strides (768, 128, 384) bytes, box (128, 128, 3, "
                  "1), swizzle 3",
                  "rank 4, dims (128, 500, 2, 2), strides (1024, 128, 512) bytes, box (128, 128, "
                  "2, 1), swizzle 3"));
  EXPECT_EQ(maps[0].address, args.query.data);
  EXPECT_EQ(maps[1].address, args.key.data);
  EXPECT_EQ(maps[2].address, args.value.data);
  for (const auto& map : maps) EXPECT_EQ(map.tile.data_type, driver::kTensorMapUint8);
}

TEST_F(PrefillLaunchTest, MapsOf8BitTensors) {
  const auto maps = maps_of(prefill_args(DType::kFloat8E4M3));
  ASSERT_EQ(maps.size(), 3u);
  EXPECT_THAT(
      (std::vector{text_of(maps[0]), text_of(maps[1]), text_of(maps[2])}),
      ElementsAre("rank 4, dims (64, 300, 3, 8), strides (1536, 64, 192) bytes, box (64, 64, 3, "
                  "1), swizzle 2",
                  "rank 4, dims (64, 500, 3, 2), strides (384, 64, 192) bytes, box (64, 128, 3, "
                  "1), swizzle 2",
                  "rank 4, dims (128, 500, 1, 2), strides (256, 128, 128) bytes, box (128, 128, "
                  "1, 1), swizzle 3"));
}

TEST_F(PrefillLaunchTest, MapsOfNoKeysAreLegal) {
  PrefillArgs args = prefill_args(DType::kBFloat16);
  args.key.shape[0] = args.value.shape[0] = 0;
  args.key.data = args.value.data = nullptr;
  const auto maps = maps_of(args);
  ASSERT_EQ(maps.size(), 3u);
  for (const auto& map : maps) EXPECT_EQ(map.address, args.query.data);
  EXPECT_EQ(maps[1].tile.dims[1], 1u);
}

TEST_F(PrefillLaunchTest, IsCompiledAndLaunched) {
  MLA_NEEDS_NVRTC();
  Runtime runtime(options());
  PrefillArgs args = prefill_args(DType::kBFloat16);
  prefill(args, runtime);
  args.enable_pdl = true;
  prefill(args, runtime, {reinterpret_cast<void*>(std::uintptr_t{7})});
  ASSERT_EQ(fake().launches.size(), 2u);
  EXPECT_EQ(fake().images.size(), 1u);
  EXPECT_EQ(fake().tensor_maps.size(), 3u);  // remembered
  EXPECT_EQ(fake().launches[0].config.grid_x, 40u);
  EXPECT_EQ(fake().launches[0].config.block_x, 256u);
  EXPECT_EQ(fake().launches[1].config.stream,
            reinterpret_cast<driver::CUstream>(std::uintptr_t{7}));
}

TEST_F(PrefillLaunchTest, StridesThatTheCopyEngineCannotFollowAreRefused) {
  PrefillArgs args = prefill_args(DType::kFloat8E4M3);
  args.query.strides[1] = 200;
  args.query.strides[0] = 1600;
  expect_refused(args,
                 "prefill: query's strides must be positive multiples of 16 bytes on this device, "
                 "got 200 bytes");
  args = prefill_args(DType::kBFloat16);
  args.key.strides[0] = 2 * 192 + 4;
  expect_refused(args,
                 "prefill: key's strides must be positive multiples of 16 bytes on this device, "
                 "got 776 bytes");
  args = prefill_args(DType::kBFloat16);
  args.value.strides[1] = 0;
  expect_refused(args,
                 "prefill: value's strides must be positive multiples of 16 bytes on this device, "
                 "got 0 bytes");
}

TEST_F(PrefillLaunchTest, StridesOfOneElementDoNotMatter) {
  PrefillArgs args = prefill_args(DType::kFloat8E4M3);
  args.key.shape[1] = args.value.shape[1] = 1;
  args.key.strides[1] = 5;
  EXPECT_EQ(maps_of(args).at(1).tile.stride_bytes[2], 192u);
}

TEST_F(PrefillLaunchTest, ResultsThatKernelsCannotStoreAreRefused) {
  PrefillArgs args = prefill_args(DType::kBFloat16);
  args.out.strides = {8 * 132, 132, 1};
  expect_refused(args,
                 "prefill: out's strides must be multiples of 8 elements on this device, got 132");
}

TEST_F(PrefillLaunchTest, MoreThanKernelsCountIsRefused) {
  PrefillArgs args = prefill_args(DType::kFloat8E4M3);
  args.key.shape[0] = args.value.shape[0] = 2'147'483'600;
  args.key.strides[0] = args.key.strides[1] = 16;  // rows that overlap fit into the address space
  args.value.strides[0] = args.value.strides[1] = 16;
  args.value.data = at(std::uintptr_t{1} << 38);
  args.out.data = at(std::uintptr_t{1} << 39);
  args.cum_seq_lens_q.data = at((std::uintptr_t{1} << 39) + (std::uintptr_t{1} << 32));
  args.cum_seq_lens_kv.data = at((std::uintptr_t{1} << 39) + (std::uintptr_t{1} << 33));
  expect_refused(args,
                 "prefill: key's tokens must be at most 2147483519 on this device, got 2147483600");
}

TEST_F(PrefillLaunchTest, BlackwellTakesTilesOf128Queries) {
  be_capability(10, 0);
  const auto maps = maps_of(prefill_args(DType::kBFloat16));
  ASSERT_EQ(maps.size(), 3u);
  EXPECT_EQ(maps[0].tile.box[1], 128u);
  EXPECT_EQ(maps[1].tile.box[1], 128u);
}

}  // namespace
}  // namespace mla
