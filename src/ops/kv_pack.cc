// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/kv_pack.h"

#include "cpu/ops.h"
#include "device/abi/kv_pack_params.h"
#include "ops/check_args.h"
#include "ops/gpu_runtime.h"
#include "ops/host_tensors.h"
#include "plan/kv_pack_plan.h"

namespace mla {
namespace {

KvPackParams::Rows rows_of(const TensorView& tensor) {
  return {tensor.data, tensor.strides[0], tensor.strides[1]};
}

// [tokens, d] or [tokens, 1, d]: every head has the same row.
KvPackParams::Rows shared_rows_of(const TensorView& tensor) {
  return {tensor.data, tensor.strides[0], 0};
}

KvPackParams make_params(const KvPackArgs& args, const KvPackPlan& plan) {
  return {.k_nope = rows_of(args.k_nope),
          .k_pe = shared_rows_of(args.k_pe),
          .v = rows_of(args.v),
          .k_out = rows_of(args.k_out),
          .v_out = rows_of(args.v_out),
          .num_heads = unsigned(args.k_nope.shape[1]),
          .num_head_groups = unsigned(plan.num_head_groups),
          .num_warps = unsigned(plan.num_warps),
          .k_scale = args.k_scale_inv,
          .v_scale = args.v_scale_inv};
}

void kv_pack_on_gpu(const KvPackArgs& args, const KvPackPlan& plan, Runtime& runtime,
                    Stream stream) {
  const driver::Kernel& kernel = runtime.gpu().kernel(plan.config, args.k_nope.device.index);
  kernel.launch({.grid = {unsigned(plan.grid.x)},
                 .block = {32, unsigned(plan.config.warps_per_block)},
                 .enable_pdl = args.enable_pdl},
                static_cast<driver::CUstream>(stream.handle), make_params(args, plan));
}

}  // namespace

void kv_pack(const KvPackArgs& args, Runtime& runtime, Stream stream) {
  const KvPackProblem problem = check(args);
  if (problem.num_tokens == 0 || problem.num_heads == 0) return;
  const DeviceFacts& device = runtime.device(args.k_nope.device);

  if (device.arch == Arch::kCpu) return cpu::kv_pack(args, runtime.num_cpu_threads());
  launch_on(args.k_nope.device, args, runtime,
            [&] { kv_pack_on_gpu(args, plan_kv_pack(problem, device), runtime, stream); });
}

}  // namespace mla
