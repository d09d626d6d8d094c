// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "tests/emulator/libcuda/loaded_driver.h"

namespace emulator {
namespace {

std::string read_kernels() {
  std::ifstream file(EMULATOR_TEST_KERNELS "/simt.ptx");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class DriverApi : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(cuda_.cuInit(0), kSuccess);
    ASSERT_EQ(
        cuda_.cuLibraryLoadData(&library_, text_.c_str(), nullptr, nullptr, 0, nullptr, nullptr, 0),
        kSuccess);
  }
  void TearDown() override { EXPECT_EQ(cuda_.cuLibraryUnload(library_), result_at_end_); }

  CUfunction function(const char* name) {
    CUkernel kernel = nullptr;
    CUfunction found = nullptr;
    EXPECT_EQ(cuda_.cuLibraryGetKernel(&kernel, library_, name), kSuccess);
    EXPECT_EQ(cuda_.cuKernelGetFunction(&found, kernel), kSuccess);
    return found;
  }

  CUdeviceptr upload(const std::vector<float>& values, CUstream stream = nullptr) {
    CUdeviceptr address = 0;
    EXPECT_EQ(cuda_.cuMemAlloc_v2(&address, values.size() * 4), kSuccess);
    EXPECT_EQ(cuda_.cuMemcpyHtoDAsync_v2(address, values.data(), values.size() * 4, stream),
              kSuccess);
    return address;
  }
  std::vector<float> download(CUdeviceptr address, size_t count) {
    std::vector<float> values(count);
    EXPECT_EQ(cuda_.cuMemcpyDtoHAsync_v2(values.data(), address, count * 4, nullptr), kSuccess);
    EXPECT_EQ(cuda_.cuStreamSynchronize(nullptr), kSuccess);
    return values;
  }

  // c = a * b with the 16 x 16 tiles of kernel "matmul".
  CUresult multiply(CUdeviceptr a, CUdeviceptr b, CUdeviceptr c, int n, CUstream stream) {
    const unsigned tiles = static_cast<unsigned>(n) / 16;
    const CUlaunchConfig config{tiles, tiles, 1, 16, 16, 1, 0, stream, nullptr, 0};
    void* parameters[] = {&a, &b, &c, &n};
    return cuda_.cuLaunchKernelEx(&config, function("matmul"), parameters, nullptr);
  }

  LoadedDriver cuda_;
  std::string text_ = read_kernels();
  CUlibrary library_ = nullptr;
  CUresult result_at_end_ = kSuccess;
};

TEST_F(DriverApi, DescribesTheDeviceOfTheTarget) {
  int value = 0;
  ASSERT_EQ(cuda_.cuDeviceGetAttribute(&value, kComputeCapabilityMajor, 0), kSuccess);
  EXPECT_EQ(value, 9);
  ASSERT_EQ(cuda_.cuDeviceGetAttribute(&value, kMultiprocessorCount, 0), kSuccess);
  EXPECT_EQ(value, 132);
  char name[64];
  ASSERT_EQ(cuda_.cuDeviceGetName(name, sizeof name, 0), kSuccess);
  EXPECT_STREQ(name, "Emulated NVIDIA H200");
  CUdevice device = 0;
  EXPECT_EQ(cuda_.cuDeviceGet(&device, 1), kErrorInvalidDevice);
}

TEST_F(DriverApi, RunsAKernel) {
  constexpr int kSize = 32;
  std::vector<float> identity(kSize * kSize, 0.0f);
  std::vector<float> values(kSize * kSize);
  for (int i = 0; i < kSize; ++i) identity[i * kSize + i] = 2;
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const CUdeviceptr out = upload(identity);
  ASSERT_EQ(multiply(upload(identity), upload(values), out, kSize, nullptr), kSuccess);
  const auto product = download(out, values.size());
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(product[i], 2 * values[i]);
}

TEST_F(DriverApi, ReplaysACapturedGraphWithNewContents) {
  constexpr int kSize = 16;
  std::vector<float> diagonal(kSize * kSize, 0.0f);
  for (int i = 0; i < kSize; ++i) diagonal[i * kSize + i] = 3;
  const std::vector<float> ones(kSize * kSize, 1.0f);
  const CUdeviceptr a = upload(diagonal);
  const CUdeviceptr b = upload(ones);
  const CUdeviceptr out = upload(std::vector<float>(ones.size(), -1.0f));
  CUstream stream = nullptr;
  CUgraph graph = nullptr;
  CUgraphExec executable = nullptr;
  ASSERT_EQ(cuda_.cuStreamCreate(&stream, kStreamNonBlocking), kSuccess);
  ASSERT_EQ(cuda_.cuStreamBeginCapture_v2(stream, kCaptureModeThreadLocal), kSuccess);
  ASSERT_EQ(multiply(a, b, out, kSize, stream), kSuccess);
  EXPECT_EQ(cuda_.cuStreamSynchronize(stream), kErrorStreamCaptureUnsupported);
  ASSERT_EQ(cuda_.cuStreamEndCapture(stream, &graph), kSuccess);
  ASSERT_EQ(cuda_.cuGraphInstantiateWithFlags(&executable, graph, 0), kSuccess);
  EXPECT_EQ(download(out, 1)[0], -1.0f) << "capturing must not run anything";
  ASSERT_EQ(cuda_.cuGraphLaunch(executable, stream), kSuccess);
  ASSERT_EQ(cuda_.cuStreamSynchronize(stream), kSuccess);
  EXPECT_EQ(download(out, 1)[0], 3.0f);
  const std::vector<float> twos(ones.size(), 2.0f);
  ASSERT_EQ(cuda_.cuMemcpyHtoDAsync_v2(b, twos.data(), twos.size() * 4, stream), kSuccess);
  ASSERT_EQ(cuda_.cuGraphLaunch(executable, stream), kSuccess);
  ASSERT_EQ(cuda_.cuStreamSynchronize(stream), kSuccess);
  EXPECT_EQ(download(out, 1)[0], 6.0f);
  EXPECT_EQ(cuda_.cuGraphExecDestroy(executable), kSuccess);
  EXPECT_EQ(cuda_.cuGraphDestroy(graph), kSuccess);
  EXPECT_EQ(cuda_.cuStreamDestroy_v2(stream), kSuccess);
}

TEST_F(DriverApi, RejectsLaunchesThatHardwareRejects) {
  const CUfunction matmul = function("matmul");
  void* parameters[4] = {};
  CUlaunchConfig config{1, 1, 1, 32, 33, 1, 0, nullptr, nullptr, 0};
  EXPECT_EQ(cuda_.cuLaunchKernelEx(&config, matmul, parameters, nullptr), kErrorInvalidValue);
  config = {1, 65536, 1, 32, 1, 1, 0, nullptr, nullptr, 0};
  EXPECT_EQ(cuda_.cuLaunchKernelEx(&config, matmul, parameters, nullptr), kErrorInvalidValue);
  config = {1, 1, 1, 32, 1, 1, 100 * 1024, nullptr, nullptr, 0};
  EXPECT_EQ(cuda_.cuLaunchKernelEx(&config, matmul, parameters, nullptr), kErrorInvalidValue);
  CUlaunchAttribute cluster{};
  cluster.id = kLaunchClusterDimension;
  cluster.value.cluster_dim = {2, 1, 1};
  config = {3, 1, 1, 32, 1, 1, 0, nullptr, &cluster, 1};
  EXPECT_EQ(cuda_.cuLaunchKernelEx(&config, matmul, parameters, nullptr), kErrorInvalidValue);
  cluster.value.cluster_dim = {16, 1, 1};
  config = {16, 1, 1, 32, 1, 1, 0, nullptr, &cluster, 1};
  EXPECT_EQ(cuda_.cuLaunchKernelEx(&config, matmul, parameters, nullptr), kErrorInvalidClusterSize);
}

TEST_F(DriverApi, LoadsPtxFromAFatBinary) {
  struct {
    uint32_t magic = 0xba55ed50;
    uint16_t version = 1;
    uint16_t header_bytes = 16;
    uint64_t payload_bytes = 0;
    uint16_t kind = 1;
    uint16_t entry_version = 1;
    uint32_t entry_header_bytes = 16;
    uint64_t text_bytes = 0;
  } header;
  static_assert(sizeof header == 32);
  header.text_bytes = text_.size() + 8;
  header.payload_bytes = 16 + header.text_bytes;
  std::vector<char> image(32 + header.text_bytes, '\0');
  std::memcpy(image.data(), &header, sizeof header);
  std::memcpy(image.data() + sizeof header, text_.data(), text_.size());
  CUlibrary library = nullptr;
  ASSERT_EQ(
      cuda_.cuLibraryLoadData(&library, image.data(), nullptr, nullptr, 0, nullptr, nullptr, 0),
      kSuccess);
  CUkernel kernel = nullptr;
  EXPECT_EQ(cuda_.cuLibraryGetKernel(&kernel, library, "pack"), kSuccess);
  EXPECT_EQ(cuda_.cuLibraryGetKernel(&kernel, library, "absent"), kErrorNotFound);
  EXPECT_EQ(cuda_.cuLibraryUnload(library), kSuccess);
}

TEST_F(DriverApi, RefusesImagesForOtherDevices) {
  const auto load = [&](const std::string& image) {
    CUlibrary library = nullptr;
    return cuda_.cuLibraryLoadData(&library, image.c_str(), nullptr, nullptr, 0, nullptr, nullptr,
                                   0);
  };
  EXPECT_EQ(load(".version 9.0\n.target sm_100a\n.address_size 64\n"), kErrorNoBinaryForGpu);
  EXPECT_EQ(load("\x7f"
                 "ELF"),
            kErrorNoBinaryForGpu);
  EXPECT_EQ(load("not PTX"), kErrorInvalidImage);
  EXPECT_EQ(load(".version 9.0\n.target sm_90\n.entry k() { frobnicate.b32; }"), kErrorInvalidPtx);
}

TEST_F(DriverApi, ChecksTheLimitsOfTensorMaps) {
  CUtensorMap map;
  cuuint64_t dims[] = {1024, 64};
  cuuint64_t strides[] = {2048};
  cuuint32_t box[] = {64, 32};
  cuuint32_t steps[] = {1, 1};
  auto* address = reinterpret_cast<void*>(0x100000);
  const auto encode = [&](CUtensorMapSwizzle swizzle) {
    return cuda_.cuTensorMapEncodeTiled(&map, kTensorMapFloat16, 2, address, dims, strides, box,
                                        steps, kInterleaveNone, swizzle, kL2PromotionNone,
                                        kOutOfBoundsZero);
  };
  EXPECT_EQ(encode(kSwizzle128B), kSuccess);
  EXPECT_EQ(encode(kSwizzle64B), kErrorInvalidValue);  // 64 halves are 128 bytes
  box[1] = 257;
  EXPECT_EQ(encode(kSwizzle128B), kErrorInvalidValue);
  box[1] = 256;
  EXPECT_EQ(encode(kSwizzle128B), kSuccess);
  strides[0] = 2049;
  EXPECT_EQ(encode(kSwizzle128B), kErrorInvalidValue);
  strides[0] = 2048;
  steps[1] = 9;
  EXPECT_EQ(encode(kSwizzle128B), kErrorInvalidValue);
  steps[1] = 1;
  address = reinterpret_cast<void*>(0x100008);
  EXPECT_EQ(encode(kSwizzle128B), kErrorInvalidValue);
}

// Last in this file: the context stays unusable after it.
TEST_F(DriverApi, RefusesEverythingAfterAFailedLaunch) {
  result_at_end_ = kErrorIllegalAddress;
  multiply(16, 16, 16, 16, nullptr);  // fails now, or when it is waited for
  EXPECT_EQ(cuda_.cuStreamSynchronize(nullptr), kErrorIllegalAddress);
  CUdeviceptr address = 0;
  EXPECT_EQ(cuda_.cuMemAlloc_v2(&address, 4), kErrorIllegalAddress);
}

}  // namespace
}  // namespace emulator
