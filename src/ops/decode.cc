// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/decode.h"

#include "cpu/ops.h"
#include "ops/check_args.h"
#include "ops/decode_gpu.h"
#include "ops/gpu_runtime.h"
#include "ops/host_tensors.h"
#include "ops/missing_kernel.h"
#include "plan/decode_plan.h"

namespace mla {
namespace {

DecodePlan plan_for(const DecodeProblem& problem, const DeviceFacts& device, Runtime& runtime,
                    int ordinal) {
  if (device.arch == Arch::kCpu) return plan_decode(problem, device);
  return runtime.gpu().decode_plans().find_or_make(problem, ordinal,
                                                   [&] { return plan_decode(problem, device); });
}

}  // namespace

void decode(const DecodeArgs& args, Runtime& runtime, Stream stream) {
  const DecodeProblem problem = check(args);
  if (problem.batch == 0) return;
  const DeviceFacts& device = runtime.device(args.query.device);
  const DecodePlan plan = plan_for(problem, device, runtime, args.query.device.index);
  expect_workspace(args.workspace_buffer, plan.workspace_bytes);

  if (device.arch != Arch::kCpu) {
    if (const Verdict verdict = can_implement(problem, device); !verdict) {
      throw missing_kernel("decode", verdict);
    }
    return launch_on(args.query.device, args, runtime,
                     [&] { decode_on_gpu(args, plan, runtime, stream); });
  }
  const cpu::DecodeSchedule schedule{
      .tile_rows = plan.rows_per_tile, .tile_kv = plan.tile_kv, .num_workers = plan.num_workers};
  cpu::decode(args, schedule, runtime.num_cpu_threads());
}

}  // namespace mla
