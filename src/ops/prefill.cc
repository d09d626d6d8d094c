// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/prefill.h"

#include "cpu/ops.h"
#include "ops/check_args.h"
#include "ops/gpu_runtime.h"
#include "ops/host_tensors.h"
#include "ops/missing_kernel.h"
#include "ops/prefill_gpu.h"
#include "plan/prefill_plan.h"

namespace mla {

void prefill(const PrefillArgs& args, Runtime& runtime, Stream stream) {
  const PrefillProblem problem = check(args);
  if (problem.total_q == 0) return;
  const DeviceFacts& device = runtime.device(args.query.device);

  if (device.arch == Arch::kCpu) return cpu::prefill(args, runtime.num_cpu_threads());
  if (const Verdict verdict = can_implement(problem, device); !verdict) {
    throw missing_kernel("prefill", verdict);
  }
  const PrefillPlan plan = runtime.gpu().prefill_plans().find_or_make(
      problem, args.query.device.index, [&] { return plan_prefill(problem, device); });
  launch_on(args.query.device, args, runtime, [&] { prefill_on_gpu(args, plan, runtime, stream); });
}

}  // namespace mla
