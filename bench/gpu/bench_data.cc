// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "gpu/bench_data.h"

#include <algorithm>
#include <bit>
#include <random>

#include "ops/gpu_runtime.h"

namespace mla::bench {
namespace {

constexpr std::size_t kRandomBytes = std::size_t{16} << 20;

TensorView view(const Gpu& gpu, gpu::Buffer& buffer, DType dtype,
                std::initializer_list<std::int64_t> shape) {
  return contiguous_view(buffer.data(), dtype, shape, gpu.device);
}

}  // namespace

Gpu::Gpu() {
  device = {DeviceType::kCuda, runtime.gpu().ordinals().at(0)};
  context = std::make_unique<driver::PrimaryContext>(runtime.gpu().driver(), device.index);
  stream = std::make_unique<gpu::Stream>(*context);

  std::vector<float> normals(kRandomBytes / sizeof(float));
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal;
  for (float& value : normals) value = normal(random);
  std::vector<std::uint16_t> halves(kRandomBytes / sizeof(std::uint16_t));
  for (std::size_t i = 0; i < halves.size(); ++i) {
    halves[i] = std::uint16_t(std::bit_cast<std::uint32_t>(normals[i % normals.size()]) >> 16);
  }
  random_float32_ = std::make_unique<gpu::Buffer>(*context, kRandomBytes);
  random_float32_->write(normals.data(), kRandomBytes);
  random_bfloat16_ = std::make_unique<gpu::Buffer>(*context, kRandomBytes);
  random_bfloat16_->write(halves.data(), kRandomBytes);
}

void Gpu::fill_random(gpu::Buffer& buffer, DType dtype) const {
  const gpu::Buffer& source = dtype == DType::kFloat32 ? *random_float32_ : *random_bfloat16_;
  const driver::CurrentContext current(*context);
  const driver::Driver& driver = context->driver();
  for (std::size_t at = 0; at < buffer.bytes(); at += kRandomBytes) {
    driver.check(
        driver->cuMemcpyDtoDAsync_v2(reinterpret_cast<driver::CUdeviceptr>(buffer.data()) + at,
                                     reinterpret_cast<driver::CUdeviceptr>(source.data()),
                                     std::min(kRandomBytes, buffer.bytes() - at), nullptr),
        "filling");
  }
  driver.check(driver->cuStreamSynchronize(nullptr), "filling");
}

PackSet::PackSet(const Gpu& gpu, std::int64_t num_tokens, std::int64_t num_heads) {
  const auto rows = std::size_t(num_tokens * num_heads);
  const auto tokens = std::size_t(num_tokens);
  kv = std::make_unique<gpu::Buffer>(*gpu.context, rows * 256 * 2);
  k_pe = std::make_unique<gpu::Buffer>(*gpu.context, tokens * 64 * 2);
  k_out = std::make_unique<gpu::Buffer>(*gpu.context, rows * 192);
  v_out = std::make_unique<gpu::Buffer>(*gpu.context, rows * 128);
  gpu.fill_random(*kv, DType::kBFloat16);
  gpu.fill_random(*k_pe, DType::kBFloat16);
  args.k_nope = view(gpu, *kv, DType::kBFloat16, {num_tokens, num_heads, 256});
  args.k_nope.shape[2] = 128;
  args.v = args.k_nope;
  args.v.data = static_cast<char*>(kv->data()) + 256;
  args.k_pe = view(gpu, *k_pe, DType::kBFloat16, {num_tokens, 64});
  args.k_out = view(gpu, *k_out, DType::kFloat8E4M3, {num_tokens, num_heads, 192});
  args.v_out = view(gpu, *v_out, DType::kFloat8E4M3, {num_tokens, num_heads, 128});
  bytes = double(kv->bytes() + k_pe->bytes() + k_out->bytes() + v_out->bytes());
}

MergeSet::MergeSet(const Gpu& gpu, DType partial_dtype, int num_partials, std::int64_t num_rows,
                   std::int64_t num_heads, std::int64_t head_dim) {
  const auto items = std::size_t(num_rows * num_heads);
  const auto add = [&](DType dtype, std::size_t num_elements) -> gpu::Buffer& {
    buffers.push_back(
        std::make_unique<gpu::Buffer>(*gpu.context, num_elements * std::size_t(size_bytes(dtype))));
    bytes += double(buffers.back()->bytes());
    return *buffers.back();
  };
  for (int i = 0; i < num_partials; ++i) {
    gpu::Buffer& out = add(partial_dtype, items * std::size_t(head_dim));
    gpu::Buffer& lse = add(DType::kFloat32, items);
    gpu.fill_random(out, partial_dtype);
    gpu.fill_random(lse, DType::kFloat32);
    args.partials.push_back({view(gpu, out, partial_dtype, {num_rows, num_heads, head_dim}),
                             view(gpu, lse, DType::kFloat32, {num_rows, num_heads})});
  }
  args.out = view(gpu, add(DType::kBFloat16, items * std::size_t(head_dim)), DType::kBFloat16,
                  {num_rows, num_heads, head_dim});
  args.lse = view(gpu, add(DType::kFloat32, items), DType::kFloat32, {num_rows, num_heads});
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double graph_seconds(const Gpu& gpu, const std::vector<std::function<void()>>& calls) {
  for (const auto& call : calls) call();  // loads what must be loaded
  const gpu::Graph graph(*gpu.context, *gpu.stream, [&] {
    for (const auto& call : calls) call();
  });
  for (int i = 0; i < 3; ++i) graph.replay(*gpu.stream);
  std::vector<double> seconds;
  for (int i = 0; i < 20; ++i) {
    seconds.push_back(
        gpu::device_seconds(*gpu.context, *gpu.stream, [&] { graph.replay(*gpu.stream); }) /
        double(calls.size()));
  }
  return median(seconds);
}

double copy_bytes_per_second(const Gpu& gpu) {
  constexpr std::size_t kBytes = std::size_t{2} << 30;
  gpu::Buffer source(*gpu.context, kBytes);
  const gpu::Buffer destination(*gpu.context, kBytes);
  gpu.fill_random(source, DType::kFloat32);
  const driver::Driver& driver = gpu.context->driver();
  const auto copy = [&] {
    driver.check(
        driver->cuMemcpyDtoDAsync_v2(reinterpret_cast<driver::CUdeviceptr>(destination.data()),
                                     reinterpret_cast<driver::CUdeviceptr>(source.data()), kBytes,
                                     gpu.stream->handle()),
        "copying");
  };
  std::vector<double> seconds;
  for (int i = 0; i < 20; ++i) {
    seconds.push_back(gpu::device_seconds(*gpu.context, *gpu.stream, copy));
  }
  return 2 * double(kBytes) / median(seconds);
}

}  // namespace mla::bench
