// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "emulator/libcudart/api.h"

// What a compiler puts into a program, done by hand: a fat binary of PTX text, its registration,
// and the halves of a launch.
namespace emulator::libcudart {
namespace {

struct Wrapper {
  uint32_t magic = 0x466243b1;
  uint32_t version = 1;
  const void* data = nullptr;
  void* unused = nullptr;
};

class FatBinary {
 public:
  explicit FatBinary(const std::string& ptx) {
    constexpr uint16_t kHeaderBytes = 16;
    constexpr uint32_t kEntryHeaderBytes = 64;
    constexpr uint16_t kPtxEntry = 1;
    const uint64_t payload_bytes = (ptx.size() + 8) / 8 * 8;
    put(uint32_t{0xba55ed50});
    put(uint16_t{1});
    put(kHeaderBytes);
    put(kEntryHeaderBytes + payload_bytes);
    put(kPtxEntry);
    put(uint16_t{0x101});
    put(kEntryHeaderBytes);
    put(payload_bytes);
    bytes_.resize(kHeaderBytes + kEntryHeaderBytes);
    bytes_.insert(bytes_.end(), ptx.begin(), ptx.end());
    bytes_.resize(kHeaderBytes + kEntryHeaderBytes + payload_bytes);
    wrapper_.data = bytes_.data();
  }

  void* wrapper() { return &wrapper_; }

 private:
  template <typename T>
  void put(T value) {
    const size_t end = bytes_.size();
    bytes_.resize(end + sizeof value);
    std::memcpy(bytes_.data() + end, &value, sizeof value);
  }

  std::vector<char> bytes_;
  Wrapper wrapper_;
};

std::string read_kernels() {
  std::stringstream text;
  text << std::ifstream(EMULATOR_TEST_KERNELS "/simt.ptx").rdbuf();
  return text.str();
}

// Stands for the host's side of the kernel `reduce`.
void reduce_on_host() {}

class Registration : public testing::Test {
 protected:
  Registration() : image_(read_kernels()) {
    void** module = __cudaRegisterFatBinary(image_.wrapper());
    __cudaRegisterFunction(module, host(), nullptr, "reduce", -1, nullptr, nullptr, nullptr,
                           nullptr, nullptr);
    __cudaRegisterFatBinaryEnd(module);
  }

  static const char* host() { return reinterpret_cast<const char*>(&reduce_on_host); }

  FatBinary image_;
};

TEST_F(Registration, ALaunchRunsTheKernelOfItsHostFunction) {
  constexpr int kCount = 256;
  const std::vector<float> values(kCount, 3.0f);
  float* in = nullptr;
  float* total = nullptr;
  ASSERT_EQ(cudaMalloc(reinterpret_cast<void**>(&in), kCount * 4), kCudaSuccess);
  ASSERT_EQ(cudaMalloc(reinterpret_cast<void**>(&total), 4), kCudaSuccess);
  ASSERT_EQ(cudaMemcpy(in, values.data(), kCount * 4, CopyKind::kHostToDevice), kCudaSuccess);
  ASSERT_EQ(cudaMemset(total, 0, 4), kCudaSuccess);

  EXPECT_EQ(__cudaPushCallConfiguration({1, 1, 1}, {128, 1, 1}, 0, nullptr), 0u);
  Dim3 grid{};
  Dim3 block{};
  size_t shared_bytes = 1;
  cudaStream_t stream = nullptr;
  ASSERT_EQ(__cudaPopCallConfiguration(&grid, &block, &shared_bytes, &stream), kCudaSuccess);
  const void* kernel = nullptr;
  ASSERT_EQ(__cudaGetKernel(&kernel, host()), kCudaSuccess);
  int count = kCount;
  void* arguments[] = {&in, &total, &count};
  EXPECT_EQ(__cudaLaunchKernel(kernel, grid, block, arguments, shared_bytes, stream), kCudaSuccess);

  float sum = 0;
  EXPECT_EQ(cudaMemcpy(&sum, total, 4, CopyKind::kDeviceToHost), kCudaSuccess);
  EXPECT_EQ(sum, 11.0f);  // log2(256 * 2^3)
}

TEST_F(Registration, AnUnknownFunctionIsAnErrorThatIsRememberedOnce) {
  const int nobody = 0;
  EXPECT_EQ(cudaLaunchKernel(&nobody, {1, 1, 1}, {1, 1, 1}, nullptr, 0, nullptr),
            kCudaInvalidDeviceFunction);
  EXPECT_EQ(cudaPeekAtLastError(), kCudaInvalidDeviceFunction);
  EXPECT_EQ(cudaGetLastError(), kCudaInvalidDeviceFunction);
  EXPECT_EQ(cudaGetLastError(), kCudaSuccess);
}

TEST_F(Registration, ACallOutsideOfALaunchHasNoConfiguration) {
  Dim3 grid{};
  Dim3 block{};
  size_t shared_bytes = 0;
  cudaStream_t stream = nullptr;
  EXPECT_EQ(__cudaPopCallConfiguration(&grid, &block, &shared_bytes, &stream),
            kCudaMissingConfiguration);
  cudaGetLastError();
}

}  // namespace
}  // namespace emulator::libcudart
