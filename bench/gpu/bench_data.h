// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gpu/gpu_memory.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"
#include "mla/runtime.h"

namespace mla::bench {

// The first GPU, and what a measurement needs of it.
struct Gpu {
  Runtime runtime;
  Device device;
  std::unique_ptr<driver::PrimaryContext> context;
  std::unique_ptr<gpu::Stream> stream;

  Gpu();

  // Fills a buffer with random normals of a dtype, by copies on the device.
  void fill_random(gpu::Buffer& buffer, DType dtype) const;

 private:
  std::unique_ptr<gpu::Buffer> random_float32_;
  std::unique_ptr<gpu::Buffer> random_bfloat16_;
};

// Tensors of one pack call, k_nope and v as columns of one projection; values are random.
struct PackSet {
  PackSet(const Gpu& gpu, std::int64_t num_tokens, std::int64_t num_heads);

  std::unique_ptr<gpu::Buffer> kv, k_pe, k_out, v_out;
  KvPackArgs args;
  double bytes = 0;  // read and written
};

// Tensors of one merge call over partials of [num_rows, num_heads, head_dim], into bfloat16.
struct MergeSet {
  MergeSet(const Gpu& gpu, DType partial_dtype, int num_partials, std::int64_t num_rows,
           std::int64_t num_heads, std::int64_t head_dim);

  std::vector<std::unique_ptr<gpu::Buffer>> buffers;
  MergeArgs args;
  double bytes = 0;
};

// Seconds of one of `calls` inside a replayed graph of all of them: median of 20 replays.
double graph_seconds(const Gpu& gpu, const std::vector<std::function<void()>>& calls);

double median(std::vector<double> values);

// Bytes read and written by a second of a large device-to-device copy.
double copy_bytes_per_second(const Gpu& gpu);

// How long it takes until a kernel can be launched, by where it comes from. `kernel_folder` holds
// those compiled ahead of time.
nlohmann::json measure_starts(const Gpu& gpu, const std::string& kernel_folder);

}  // namespace mla::bench
