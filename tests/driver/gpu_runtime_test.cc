// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/gpu_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "driver/gpu_runtime_fixture.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"

// The way from a call to a launch, on the fake driver.
namespace mla {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using testing::GpuRuntimeTest;
using ::testing::HasSubstr;
using testing::kCuda0;

// A pack of 10 tokens of 16 heads, with pointers that the fake driver never follows.
KvPackArgs pack_args() {
  void* const data = reinterpret_cast<void*>(std::uintptr_t{1} << 32);
  const auto at = [&](std::uintptr_t offset) { return static_cast<char*>(data) + offset; };
  return {.k_nope = contiguous_view(at(0), DType::kBFloat16, {10, 16, 128}, kCuda0),
          .k_pe = contiguous_view(at(1 << 20), DType::kBFloat16, {10, 64}, kCuda0),
          .v = contiguous_view(at(2 << 20), DType::kBFloat16, {10, 16, 128}, kCuda0),
          .k_out = contiguous_view(at(3 << 20), DType::kFloat8E4M3, {10, 16, 192}, kCuda0),
          .v_out = contiguous_view(at(4 << 20), DType::kFloat8E4M3, {10, 16, 128}, kCuda0)};
}

TEST_F(GpuRuntimeTest, DevicesAreTheCpuThenTheGpus) {
  EXPECT_THAT(Runtime(options()).devices(),
              ElementsAre(Device{}, kCuda0, Device{DeviceType::kCuda, 1}));
}

TEST_F(GpuRuntimeTest, FactsJoinWhatIsKnownWithWhatTheDriverSays) {
  const Runtime runtime(options());
  const DeviceFacts& facts = runtime.device(kCuda0);
  EXPECT_EQ(facts.name, "NVIDIA H200");
  EXPECT_EQ(facts.arch, Arch::kSm90);
  EXPECT_EQ(facts.num_sms, 132);
  EXPECT_EQ(facts.memory_bytes_per_second, known_device("H200").memory_bytes_per_second);
}

TEST_F(GpuRuntimeTest, WithoutDriverThereIsTheCpuAndACallSaysWhy) {
  const Runtime runtime({.libcuda = "/nowhere/libcuda.so.1"});
  EXPECT_THAT(runtime.devices(), ElementsAre(Device{}));
  const Error error = error_of([&] { runtime.device(kCuda0); });
  EXPECT_EQ(error.kind(), ErrorKind::kRuntime);
  EXPECT_THAT(error.what(), HasSubstr("CUDA driver: none found: /nowhere/libcuda.so.1"));
}

TEST_F(GpuRuntimeTest, AnotherArchitectureIsNamed) {
  be_capability(8, 0);
  fake().device_name = "NVIDIA A100";
  const Runtime runtime(options());
  EXPECT_THAT(runtime.devices(), ElementsAre(Device{}));
  const Error error = error_of([&] { runtime.device(kCuda0); });
  EXPECT_EQ(error.kind(), ErrorKind::kNotImplemented);
  EXPECT_STREQ(error.what(),
               "runtime: kernels exist for compute capability 9.0, 10.0 and 10.3, got NVIDIA A100 "
               "of 8.0");
}

TEST_F(GpuRuntimeTest, MissingDeviceIsNamed) {
  const Runtime runtime(options());
  EXPECT_STREQ(error_of([&] { runtime.device({DeviceType::kCuda, 2}); }).what(),
               "runtime: the device must be one of the driver's 2, got cuda:2");
}

TEST_F(GpuRuntimeTest, PackIsCompiledLoadedOnceAndLaunched) {
  MLA_NEEDS_NVRTC();
  Runtime runtime(options());
  KvPackArgs args = pack_args();
  kv_pack(args, runtime);
  args.enable_pdl = true;
  kv_pack(args, runtime, {reinterpret_cast<void*>(std::uintptr_t{7})});

  EXPECT_THAT(fake().images, ElementsAre("\x7f"
                                         "ELF"));
  ASSERT_EQ(fake().launches.size(), 2u);
  // 16 heads are four groups of four; four warps share a block.
  EXPECT_EQ(fake().launches[0].config.grid_x, 10u);
  EXPECT_EQ(fake().launches[0].config.block_y, 4u);
  EXPECT_TRUE(fake().launches[0].attributes.empty());
  EXPECT_EQ(fake().launches[1].attributes.size(), 1u);
  EXPECT_EQ(fake().launches[1].config.stream,
            reinterpret_cast<driver::CUstream>(std::uintptr_t{7}));
}

TEST_F(GpuRuntimeTest, BlackwellGetsItsOwnImage) {
  MLA_NEEDS_NVRTC();
  be_capability(10, 3);
  Runtime runtime(options());
  kv_pack(pack_args(), runtime);
  EXPECT_EQ(runtime.device(kCuda0).arch, Arch::kSm103);
  EXPECT_EQ(fake().launches.size(), 1u);
}

TEST_F(GpuRuntimeTest, BadCallReachesNeitherCompilerNorDriver) {
  Runtime runtime(options());
  KvPackArgs args = pack_args();
  args.v_out.shape[2] = 127;
  EXPECT_EQ(error_of([&] { kv_pack(args, runtime); }).kind(), ErrorKind::kValue);
  EXPECT_TRUE(fake().launches.empty());
}

TEST_F(GpuRuntimeTest, WithoutCompilerTheCallSaysWhatIsMissing) {
  nvrtc_ = "/nowhere/libnvrtc.so";
  Runtime runtime(options());
  EXPECT_THAT(error_of([&] { kv_pack(pack_args(), runtime); }).what(),
              AllOf(HasSubstr("mla::kv_pack_kernel<mla::KvPackConfig{"),
                    HasSubstr("/nowhere/libnvrtc.so")));
  EXPECT_TRUE(fake().launches.empty());
}

TEST_F(GpuRuntimeTest, UnwritableCacheCostsNothingButTime) {
  MLA_NEEDS_NVRTC();
  RuntimeOptions without_cache = options();
  testing::write_file(folder_.path() / "file", "");
  without_cache.cache_folder = folder_.path() / "file" / "cache";
  Runtime runtime(without_cache);
  kv_pack(pack_args(), runtime);
  EXPECT_EQ(fake().launches.size(), 1u);
}

TEST_F(GpuRuntimeTest, FailedLaunchNamesConfigAndShape) {
  MLA_NEEDS_NVRTC();
  fake().results["cuLaunchKernelEx"] = driver::kErrorLaunchFailed;
  Runtime runtime(options());
  EXPECT_THAT(error_of([&] { kv_pack(pack_args(), runtime); }).what(),
              AllOf(HasSubstr("launching mla::kv_pack_kernel<mla::KvPackConfig{"),
                    HasSubstr("on cuda:0 with grid (10, 1, 1), block (32, 4, 1)"),
                    HasSubstr("unspecified launch failure")));
}

TEST_F(GpuRuntimeTest, ViewsOfOddStridesGetNarrowerVectors) {
  MLA_NEEDS_NVRTC();
  Runtime runtime(options());
  KvPackArgs args = pack_args();
  args.k_pe.strides[0] = 66;  // even, and no multiple of four
  kv_pack(args, runtime);
  EXPECT_EQ(fake().launches.size(), 1u);
}

TEST_F(GpuRuntimeTest, MergeTakesAsManyPartialsAsItsParametersHold) {
  MLA_NEEDS_NVRTC();
  Runtime runtime(options());
  char* const data = reinterpret_cast<char*>(std::uintptr_t{1} << 32);
  const auto args = [&](int num_partials) {
    MergeArgs result;
    result.out = contiguous_view(data, DType::kBFloat16, {4, 2, 64}, kCuda0);
    for (int i = 1; i <= num_partials; ++i) {
      char* const partial = data + (i << 20);
      result.partials.push_back(
          {contiguous_view(partial, DType::kFloat32, {4, 2, 64}, kCuda0),
           contiguous_view(partial + (1 << 19), DType::kFloat32, {4, 2}, kCuda0)});
    }
    return result;
  };
  for (const int count : {1, 8, 9, 512}) merge_states(args(count), runtime);
  EXPECT_EQ(fake().launches.size(), 4u);
  const Error error = error_of([&] { merge_states(args(513), runtime); });
  EXPECT_EQ(error.kind(), ErrorKind::kNotImplemented);
  EXPECT_STREQ(error.what(), "merge_states: a GPU kernel takes at most 512 partials, got 513");
}

}  // namespace
}  // namespace mla
