// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <chrono>
#include <filesystem>

#include "gpu/bench_data.h"
#include "mla/error.h"
#include "ops/gpu_runtime.h"

namespace mla::bench {
namespace {

namespace fs = std::filesystem;

// Milliseconds until the kernel of a config can be launched, in a runtime that has none loaded yet.
// The device's context exists already, as in a process that uses PyTorch.
double start_milliseconds(const RuntimeOptions& options, int ordinal, const KvPackConfig& config) {
  const Runtime runtime(options);
  GpuRuntime& gpu = runtime.gpu();
  const auto start = std::chrono::steady_clock::now();
  gpu.kernel(config, ordinal);
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  return elapsed.count();
}

}  // namespace

nlohmann::json measure_starts(const Gpu& gpu, const std::string& kernel_folder) {
  const fs::path folder = fs::temp_directory_path() / "mla_start_bench";
  fs::remove_all(folder);
  fs::create_directories(folder / "empty");
  const RuntimeOptions compiled = {.kernel_folder = folder / "empty",
                                   .cache_folder = folder / "cache"};
  const KvPackConfig first = {.heads_per_warp = 4};
  const KvPackConfig second = {.heads_per_warp = 3};
  nlohmann::json result;
  result["compiled_first_in_process_ms"] = start_milliseconds(compiled, gpu.device.index, first);
  result["compiled_next_in_process_ms"] = start_milliseconds(compiled, gpu.device.index, second);
  result["disk_cache_ms"] = start_milliseconds(compiled, gpu.device.index, first);
  // Without compiler and cache only what was compiled ahead of time can answer.
  const RuntimeOptions ahead = {
      .nvrtc = "/nowhere", .kernel_folder = kernel_folder, .cache_folder = folder / "empty"};
  try {
    result["ahead_of_time_ms"] = start_milliseconds(ahead, gpu.device.index, first);
  } catch (const Error& error) {
    result["ahead_of_time_error"] = error.what();
  }
  fs::remove_all(folder);
  return result;
}

}  // namespace mla::bench
