// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// Times kv_pack and merge_states on the first GPU and prints one JSON object:
//
//   simt_bench [FOLDER OF KERNELS COMPILED AHEAD OF TIME] > simt.json
//
// Times are of CUDA graph replays. "cold": the graph runs over enough sets of tensors that nothing
// is in L2 by accident; "warm": 20 calls on one set.
#include <chrono>
#include <cmath>
#include <iostream>
#include <string>

#include "gpu/bench_data.h"
#include "ops/gpu_runtime.h"

namespace mla::bench {
namespace {

using nlohmann::json;

constexpr double kColdBytes = 600e6;  // ten times the L2 of an H200
constexpr int kWarmCalls = 20;

// Fills in the times of `Set`s made by `make_set`, run by `call`.
template <typename MakeSet, typename Call>
void measure(const Gpu& gpu, MakeSet&& make_set, Call&& call, json& row) {
  std::vector<decltype(make_set())> sets;
  double bytes = 0;
  do {
    sets.push_back(make_set());
    bytes += sets.back()->bytes;
  } while (bytes < kColdBytes);

  std::vector<std::function<void()>> cold;
  for (const auto& set : sets) cold.push_back([&, one = set.get()] { call(*one); });
  const double seconds = graph_seconds(gpu, cold);
  row["bytes"] = sets[0]->bytes;
  row["cold_us"] = seconds * 1e6;
  row["cold_tb_per_s"] = sets[0]->bytes / seconds * 1e-12;
  const std::vector<std::function<void()>> warm(kWarmCalls, cold[0]);
  row["warm_us"] = graph_seconds(gpu, warm) * 1e6;
}

json pack_rows(Gpu& gpu) {
  constexpr std::pair<std::int64_t, std::int64_t> kShapes[] = {{8192, 128}, {65536, 32}, {8192, 16},
                                                               {2048, 16},  {512, 16},   {2048, 6}};
  json rows = json::array();
  for (const auto& [num_tokens, num_heads] : kShapes) {
    for (const bool enable_pdl : {false, true}) {
      json row = {{"op", "kv_pack"},
                  {"num_tokens", num_tokens},
                  {"num_heads", num_heads},
                  {"dtype", "bfloat16"},
                  {"enable_pdl", enable_pdl}};
      measure(
          gpu, [&] { return std::make_unique<PackSet>(gpu, num_tokens, num_heads); },
          [&](PackSet& set) {
            set.args.enable_pdl = enable_pdl;
            kv_pack(set.args, gpu.runtime, {gpu.stream->handle()});
          },
          row);
      rows.push_back(row);
    }
  }
  return rows;
}

json merge_rows(Gpu& gpu) {
  struct Shape {
    DType dtype;
    int num_partials;
    std::int64_t num_rows, num_heads, head_dim;
  };
  constexpr Shape kShapes[] = {{DType::kFloat32, 8, 4096, 128, 512},
                               {DType::kBFloat16, 8, 4096, 128, 512},
                               {DType::kBFloat16, 2, 8192, 128, 128},
                               {DType::kFloat32, 2, 64, 128, 512},
                               {DType::kFloat32, 8, 4, 16, 512}};
  json rows = json::array();
  for (const auto& [dtype, num_partials, num_rows, num_heads, head_dim] : kShapes) {
    json row = {{"op", "merge_states"}, {"dtype", name(dtype)},   {"num_partials", num_partials},
                {"num_rows", num_rows}, {"num_heads", num_heads}, {"head_dim", head_dim}};
    measure(
        gpu,
        [&] {
          return std::make_unique<MergeSet>(gpu, dtype, num_partials, num_rows, num_heads,
                                            head_dim);
        },
        [&](MergeSet& set) { merge_states(set.args, gpu.runtime, {gpu.stream->handle()}); }, row);
    rows.push_back(row);
  }
  return rows;
}

// Microseconds that a call takes on the host while the GPU is idle.
template <typename Call>
double host_us(const Gpu& gpu, Call&& call) {
  std::vector<double> times;
  for (int i = 0; i < 2000; ++i) {
    const auto start = std::chrono::steady_clock::now();
    call();
    const std::chrono::duration<double, std::micro> elapsed =
        std::chrono::steady_clock::now() - start;
    times.push_back(elapsed.count());
    gpu.stream->synchronize();
  }
  return median(times);
}

json host_times(Gpu& gpu) {
  const PackSet pack(gpu, 16, 16);
  const MergeSet merge(gpu, DType::kFloat32, 2, 4, 16, 512);
  return {{"kv_pack_us",
           host_us(gpu, [&] { kv_pack(pack.args, gpu.runtime, {gpu.stream->handle()}); })},
          {"merge_states_us",
           host_us(gpu, [&] { merge_states(merge.args, gpu.runtime, {gpu.stream->handle()}); })}};
}

json run(const std::string& kernel_folder) {
  Gpu gpu;
  json result = {{"starts", measure_starts(gpu, kernel_folder)}};
  const DeviceFacts& facts = gpu.runtime.device(gpu.device);
  result["device"] = facts.name;
  result["driver_cuda_version"] = gpu.runtime.gpu().driver().version();
  result["copy_tb_per_s"] = copy_bytes_per_second(gpu) * 1e-12;
  result["host_time"] = host_times(gpu);
  result["rows"] = pack_rows(gpu);
  for (const json& row : merge_rows(gpu)) result["rows"].push_back(row);
  return result;
}

}  // namespace
}  // namespace mla::bench

int main(int argc, char** argv) {
  try {
    std::cout << mla::bench::run(argc > 1 ? argv[1] : "").dump(1) << "\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
