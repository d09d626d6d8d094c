// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/prefill.h"

#include "cpu/ops.h"
#include "ops/check_args.h"
#include "ops/missing_kernel.h"

namespace mla {

void prefill(const PrefillArgs& args, Runtime& runtime, Stream /*stream*/) {
  const PrefillProblem problem = check(args);
  if (problem.total_q == 0) return;
  const DeviceFacts& device = runtime.device(args.query.device);

  if (device.arch != Arch::kCpu) throw missing_kernel("prefill", device);
  cpu::prefill(args, runtime.num_cpu_threads());
}

}  // namespace mla
