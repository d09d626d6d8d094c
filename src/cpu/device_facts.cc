// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "cpu/attention_tile.h"
#include "cpu/ops.h"
#include "cpu/parallel.h"
#include "cpu/tile_product.h"

namespace mla::cpu {
namespace {

constexpr int kRepeats = 3;  // the best counts: a short measurement is easily disturbed

// The fastest of a few runs of body(thread), all threads at once.
template <class Body>
double best_seconds(int num_threads, const Body& body) {
  double best = 1e30;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    for_each_in_order(num_threads, num_threads, [&](std::int64_t item, int) { body(item); });
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count());
  }
  return best;
}

// Bytes read and written per second by a copy of 16 MiB, cut among the threads.
double measure_copy(int num_threads) {
  constexpr std::int64_t kBytes = 16 << 20;
  const std::int64_t share = kBytes / num_threads;
  std::vector<char> source(kBytes, 1);
  std::vector<char> target(kBytes, 2);
  const double seconds = best_seconds(num_threads, [&](std::int64_t item) {
    std::memcpy(target.data() + item * share, source.data() + item * share, share);
  });
  return 2.0 * double(share * num_threads) / seconds;
}

constexpr ProductShape kProduct = {.rows = 64, .depth = 64, .columns = 128};

struct ProductOperands {
  std::vector<float> a = std::vector<float>(kProduct.rows * kProduct.depth, 1e-3f);
  std::vector<float> b = std::vector<float>(kProduct.depth * kProduct.columns, 1e-3f);
  std::vector<float> c = std::vector<float>(kProduct.rows * kProduct.columns);
};

// Multiplications and additions per second in the matrix product that attention is made of.
double measure_multiply_add(int num_threads) {
  constexpr int kProducts = 64;
  std::vector<ProductOperands> operands(num_threads);
  const double seconds = best_seconds(num_threads, [&](std::int64_t item) {
    ProductOperands& own = operands[item];
    for (int product = 0; product < kProducts; ++product) {
      multiply_add(kProduct, {own.a.data(), kProduct.depth, 1}, own.b.data(), kProduct.columns,
                   own.c.data(), kProduct.columns);
    }
  });
  const double flops = 2.0 * double(kProduct.rows * kProduct.depth * kProduct.columns);
  return flops * kProducts * num_threads / seconds;
}

// Softmax weights per second, with what it takes to find the maximum and to use them a little.
double measure_exp(int num_threads) {
  constexpr int kRows = 64;
  constexpr int kKeys = 64;
  constexpr int kSteps = 64;
  std::vector<AttentionTile> tiles;
  for (int i = 0; i < num_threads; ++i) {
    tiles.push_back(AttentionTile({.max_rows = kRows, .max_keys = kKeys, .d_qk = 1, .d_v = 16}));
    tiles.back().start(kRows);
  }
  const double seconds = best_seconds(num_threads, [&](std::int64_t item) {
    for (int step = 0; step < kSteps; ++step) tiles[item].attend(kKeys);
  });
  return double(kRows) * kKeys * kSteps * num_threads / seconds;
}

std::string processor_name() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "CPU";
}

}  // namespace

DeviceFacts device_facts(int num_threads) {
  const int threads = std::max(num_threads, 1);
  const double flops = measure_multiply_add(threads);
  return {.name = processor_name(),
          .arch = Arch::kCpu,
          .num_sms = threads,
          .smem_per_block_bytes = std::max(0L, sysconf(_SC_LEVEL1_DCACHE_SIZE)),
          .l2_bytes = std::max(0L, sysconf(_SC_LEVEL2_CACHE_SIZE)) * threads,
          .memory_bytes_per_second = measure_copy(threads),
          .fp8_flops_per_second = flops,  // every type is computed in float32
          .fp16_flops_per_second = flops,
          .exp_per_second = measure_exp(threads)};
}

}  // namespace mla::cpu
