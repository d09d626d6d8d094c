// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/kv_pack.h"

#include "cpu/ops.h"
#include "ops/check_args.h"
#include "ops/missing_kernel.h"

namespace mla {

void kv_pack(const KvPackArgs& args, Runtime& runtime, Stream /*stream*/) {
  const KvPackProblem problem = check(args);
  if (problem.num_tokens == 0 || problem.num_heads == 0) return;
  const DeviceFacts& device = runtime.device(args.k_nope.device);

  if (device.arch != Arch::kCpu) throw missing_kernel("kv_pack", device);
  cpu::kv_pack(args, runtime.num_cpu_threads());
}

}  // namespace mla
