// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/merge.h"

#include <numbers>

#include "cpu/ops.h"
#include "device/abi/merge_params.h"
#include "ops/check_args.h"
#include "ops/gpu_runtime.h"
#include "ops/host_tensors.h"
#include "plan/merge_plan.h"

namespace mla {
namespace {

template <int kMaxPartials>
MergeParams<kMaxPartials> make_params(const MergeArgs& args, const MergePlan& plan) {
  const bool is_natural = args.lse_base == LseBase::kE;
  MergeParams<kMaxPartials> params{.out = args.out.data,
                                   .lse = args.lse ? static_cast<float*>(args.lse->data) : nullptr,
                                   .out_row_stride = args.out.strides[0],
                                   .out_head_stride = args.out.strides[1],
                                   .num_items = unsigned(plan.num_items),
                                   .num_heads = unsigned(args.out.shape[1]),
                                   .num_partials = int(args.partials.size()),
                                   .to_log2 = is_natural ? float(std::numbers::log2e) : 1.0f,
                                   .from_log2 = is_natural ? float(std::numbers::ln2) : 1.0f,
                                   .partials = {}};
  for (std::size_t i = 0; i < args.partials.size(); ++i) {
    const auto& [out, lse] = args.partials[i];
    params.partials[i] = {.out = out.data,
                          .lse = static_cast<const float*>(lse.data),
                          .out_row_stride = out.strides[0],
                          .out_head_stride = out.strides[1],
                          .lse_row_stride = lse.strides[0],
                          .lse_head_stride = lse.strides[1]};
  }
  return params;
}

void merge_on_gpu(const MergeArgs& args, const MergePlan& plan, Runtime& runtime, Stream stream) {
  const driver::Kernel& kernel = runtime.gpu().kernel(plan.config, args.out.device.index);
  const auto launch = [&](const auto& params) {
    kernel.launch({.grid = {unsigned(plan.grid.x)},
                   .block = {unsigned(plan.config.num_threads())},
                   .enable_pdl = args.enable_pdl},
                  static_cast<driver::CUstream>(stream.handle), params);
  };
  switch (plan.config.max_partials) {
    case 8: return launch(make_params<8>(args, plan));
    case 64: return launch(make_params<64>(args, plan));
    default: return launch(make_params<512>(args, plan));
  }
}

}  // namespace

void merge_states(const MergeArgs& args, Runtime& runtime, Stream stream) {
  const MergeProblem problem = check(args);
  if (problem.num_rows == 0 || problem.num_heads == 0) return;
  const DeviceFacts& device = runtime.device(args.out.device);

  if (device.arch == Arch::kCpu) return cpu::merge_states(args, runtime.num_cpu_threads());
  launch_on(args.out.device, args, runtime,
            [&] { merge_on_gpu(args, plan_merge(problem, device), runtime, stream); });
}

}  // namespace mla
