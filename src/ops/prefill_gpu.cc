// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/prefill_gpu.h"

#include <algorithm>
#include <limits>
#include <numbers>
#include <string>

#include "check.h"
#include "device/abi/prefill_params.h"
#include "ops/gpu_runtime.h"
#include "ops/tensor_maps.h"
#include "plan/element.h"

namespace mla {
namespace {

constexpr const char* kWhere = "prefill";
constexpr std::int64_t kMaxInt = std::numeric_limits<int>::max();

// Kernels count in 32 bits, and one step beyond the last.
void expect_countable(const char* what, std::int64_t count, std::int64_t step) {
  const std::int64_t most = kMaxInt - step;
  MLA_CHECK(count <= most, ErrorKind::kNotImplemented, kWhere,
            std::string(what) + " must be at most " + std::to_string(most) + " on this device",
            count);
}

// Boxes of so many rows of one head, in chunks of so many columns.
TensorMap row_boxes(GpuRuntime& gpu, const char* name, const TensorView& tensor, int rows,
                    int chunk, const void* stand_in) {
  const auto chunk_bytes = driver::cuuint64_t(chunk * size_bytes(tensor.dtype));
  const auto num_chunks = driver::cuuint64_t(tensor.shape[2] / chunk);
  // A tensor without rows is never read; its descriptor must be legal all the same.
  const auto num_rows = driver::cuuint64_t(std::max<std::int64_t>(tensor.shape[0], 1));
  return encode(gpu, tensor.shape[0] > 0 ? tensor.data : stand_in,
                {.rank = 4,
                 .dims = {chunk_bytes, num_rows, num_chunks, driver::cuuint64_t(tensor.shape[1])},
                 .stride_bytes = {stride_bytes(kWhere, name, tensor, 0), chunk_bytes,
                                  stride_bytes(kWhere, name, tensor, 1)},
                 .box = {driver::cuuint32_t(chunk_bytes), driver::cuuint32_t(rows),
                         driver::cuuint32_t(num_chunks), 1},
                 .swizzle = swizzle_of(chunk_bytes)});
}

void set_maps(PrefillParams& params, const PrefillArgs& args, const PrefillConfig& config,
              GpuRuntime& gpu) {
  const void* stand_in = args.query.data;
  const int chunk = prefill_chunk(config);
  params.query = row_boxes(gpu, "query", args.query, config.tile_q, chunk, stand_in);
  params.key = row_boxes(gpu, "key", args.key, config.tile_kv, chunk, stand_in);
  params.value =
      row_boxes(gpu, "value", args.value, config.tile_kv, prefill_value_chunk(config), stand_in);
}

// Keys whose rows take half of the L2: the other half is for queries, results and what comes next.
int keys_at_once(const PrefillConfig& config, const DeviceFacts& device) {
  const std::int64_t row_bytes = (config.d_qk + config.d_v) * size_bytes(config.dtype);
  return int(std::clamp<std::int64_t>(device.l2_bytes / 2 / row_bytes, 1, kMaxInt));
}

PrefillParams make_params(const PrefillArgs& args, const PrefillPlan& plan,
                          const DeviceFacts& device, GpuRuntime& gpu) {
  const PrefillConfig& config = plan.config;
  expect_countable("query's tokens", args.query.shape[0], config.tile_q);
  expect_countable("key's tokens", args.key.shape[0], config.tile_kv);
  expect_countable("the tiles of queries of all heads", plan.max_num_items, plan.grid.x);
  expect_storable(kWhere, args.out);
  PrefillParams params = {};
  set_maps(params, args, config, gpu);
  params.cum_seq_lens_q = static_cast<const int*>(args.cum_seq_lens_q.data);
  params.cum_seq_lens_kv = static_cast<const int*>(args.cum_seq_lens_kv.data);
  params.out = args.out.data;
  if (args.lse) params.lse = static_cast<float*>(args.lse->data);
  params.out_token_stride = args.out.strides[0];
  params.out_head_stride = args.out.strides[1];
  params.batch = int(args.batch);
  params.total_q = int(args.query.shape[0]);
  params.num_heads = int(args.query.shape[1]);
  params.heads_per_kv_head = int(args.query.shape[1] / args.key.shape[1]);
  params.keys_at_once = keys_at_once(config, device);
  params.softmax_scale_log2 = float(double(args.softmax_scale) * std::numbers::log2e);
  params.lse_unit = args.lse_base == LseBase::kE ? float(std::numbers::ln2) : 1.0f;
  return params;
}

}  // namespace

void prefill_on_gpu(const PrefillArgs& args, const PrefillPlan& plan, Runtime& runtime,
                    Stream stream) {
  GpuRuntime& gpu = runtime.gpu();
  const int ordinal = args.query.device.index;
  const driver::CurrentContext current(gpu.context(ordinal));
  const PrefillParams params = make_params(args, plan, gpu.facts(ordinal), gpu);
  const Arch arch = gpu.facts(ordinal).arch;
  const int num_threads =
      arch == Arch::kSm90 ? sm90_prefill_threads(plan.config) : sm100_prefill_threads(plan.config);
  gpu.kernel(plan.config, ordinal)
      .launch({.grid = {unsigned(plan.grid.x)},
               .block = {unsigned(num_threads)},
               .dynamic_smem_bytes = unsigned(prefill_smem_bytes(plan.config, arch)),
               .enable_pdl = args.enable_pdl},
              static_cast<driver::CUstream>(stream.handle), params);
}

}  // namespace mla
