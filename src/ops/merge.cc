// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/merge.h"

#include "cpu/ops.h"
#include "ops/check_args.h"
#include "ops/missing_kernel.h"

namespace mla {

void merge_states(const MergeArgs& args, Runtime& runtime, Stream /*stream*/) {
  const MergeProblem problem = check(args);
  if (problem.num_rows == 0 || problem.num_heads == 0) return;
  const DeviceFacts& device = runtime.device(args.out.device);

  if (device.arch != Arch::kCpu) throw missing_kernel("merge_states", device);
  cpu::merge_states(args, runtime.num_cpu_threads());
}

}  // namespace mla
