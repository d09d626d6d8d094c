// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/silicon_case.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "tests/emulator/libcuda/loaded_driver.h"

namespace emulator::silicon {
namespace {

using namespace mla::driver;

// The driver wants strides even where a tensor of one dimension has none.
constexpr size_t kMaxRank = 6;

struct Device {
  Device() : driver(library()) {
    CUdevice ordinal = 0;
    CUcontext context = nullptr;
    const bool starts = driver.cuInit(0) == kSuccess &&
                        driver.cuDeviceGet(&ordinal, 0) == kSuccess &&
                        driver.cuDevicePrimaryCtxRetain(&context, ordinal) == kSuccess &&
                        driver.cuCtxPushCurrent_v2(context) == kSuccess;
    if (!starts) throw std::runtime_error("no device");
  }
  static const char* library() {
    const char* path = std::getenv("TOKENSPEED_MLA_LIBCUDA");
    return path ? path : "libcuda.so.1";
  }

  LoadedDriver driver;
};

// The first step that fails ends a case; it becomes the case's digest.
struct Refusal {
  std::string step;
  CUresult result;
};

void require(CUresult result, const char* step) {
  if (result != kSuccess) throw Refusal{step, result};
}

class CaseRun {
 public:
  CaseRun(LoadedDriver& driver, const SiliconCase& silicon_case)
      : driver_(driver), case_(silicon_case) {}
  ~CaseRun() {
    if (library_) driver_.cuLibraryUnload(library_);
    for (const CUdeviceptr pointer : {in_, out_}) {
      if (pointer) driver_.cuMemFree_v2(pointer);
    }
  }

  std::vector<uint8_t> run() {
    in_ = upload(case_.input);
    out_ = upload(case_.output);
    if (case_.map) encode();
    if (case_.ptx.empty()) return {};
    launch();
    std::vector<uint8_t> output(case_.output.size());
    require(driver_.cuMemcpyDtoHAsync_v2(output.data(), out_, output.size(), nullptr), "download");
    require(driver_.cuStreamSynchronize(nullptr), "synchronize");
    return output;
  }

 private:
  CUdeviceptr upload(const std::vector<uint8_t>& bytes) {
    constexpr size_t kMinimumBytes = 4096;
    CUdeviceptr pointer = 0;
    require(driver_.cuMemAlloc_v2(&pointer, std::max(bytes.size(), kMinimumBytes)), "allocate");
    require(driver_.cuMemcpyHtoDAsync_v2(pointer, bytes.data(), bytes.size(), nullptr), "upload");
    require(driver_.cuStreamSynchronize(nullptr), "upload");
    return pointer;
  }

  void encode() {
    const TensorRequest& map = *case_.map;
    const std::vector<uint32_t> ones(map.dims.size(), 1);
    std::vector<cuuint64_t> strides = map.stride_bytes;
    strides.resize(kMaxRank, 0);
    const CUdeviceptr address = (map.is_output ? out_ : in_) + map.address_offset;
    require(driver_.cuTensorMapEncodeTiled(
                &map_, map.data_type, static_cast<cuuint32_t>(map.dims.size()),
                reinterpret_cast<void*>(address), map.dims.data(), strides.data(), map.box.data(),
                map.steps.empty() ? ones.data() : map.steps.data(), map.interleave, map.swizzle,
                kL2PromotionNone, map.fill),
            "encode");
  }

  void launch() {
    CUkernel kernel = nullptr;
    CUfunction function = nullptr;
    require(driver_.cuLibraryLoadData(&library_, case_.ptx.c_str(), nullptr, nullptr, 0, nullptr,
                                      nullptr, 0),
            "load");
    require(driver_.cuLibraryGetKernel(&kernel, library_, "k"), "find");
    require(driver_.cuKernelGetFunction(&function, kernel), "find");
    CUlaunchAttribute cluster{};
    cluster.id = kLaunchClusterDimension;
    cluster.value.cluster_dim = {case_.cluster_size, 1, 1};
    const CUlaunchConfig config{case_.cluster_size, 1, 1, case_.num_threads, 1, 1, 0, nullptr,
                                &cluster,           1};
    void* parameters[] = {&out_, &in_, &map_};
    require(driver_.cuLaunchKernelEx(&config, function, parameters, nullptr), "launch");
  }

  LoadedDriver& driver_;
  const SiliconCase& case_;
  CUtensorMap map_{};
  CUdeviceptr in_ = 0;
  CUdeviceptr out_ = 0;
  CUlibrary library_ = nullptr;
};

// FNV-1a, 64 bits.
std::string hash(const std::vector<uint8_t>& bytes) {
  uint64_t state = 0xcbf29ce484222325;
  for (const uint8_t byte : bytes) state = (state ^ byte) * 0x100000001b3;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(state));
  return text;
}

}  // namespace

Outcome outcome_of(std::vector<uint8_t> output) {
  Outcome outcome;
  outcome.digest = "ok " + hash(output);
  outcome.output = std::move(output);
  return outcome;
}

Outcome run(const SiliconCase& silicon_case) {
  static Device device;
  try {
    return outcome_of(CaseRun(device.driver, silicon_case).run());
  } catch (const Refusal& refusal) {
    return {refusal.step + " " + std::to_string(refusal.result), {}};
  }
}

std::vector<uint8_t> noise(size_t count, uint64_t seed) {
  std::vector<uint8_t> bytes(count);
  uint64_t state = seed * 0x9e3779b97f4a7c15 + 1;
  for (uint8_t& byte : bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<uint8_t>(state >> 56);
  }
  return bytes;
}

}  // namespace emulator::silicon
