// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "ops/kernel_spec.h"

namespace mla {

// The configurations of device/aot.def that exist for a target.
inline std::vector<compile::KernelSource> listed_kernels(const compile::Target& target) {
  std::vector<compile::KernelSource> sources;
  const Arch arch = target.arch == "90a"    ? Arch::kSm90
                    : target.arch == "100f" ? Arch::kSm100
                                            : Arch::kSm103;
#define MLA_AOT_KERNEL(...) sources.push_back(kernel_spec(__VA_ARGS__, arch).source);
#define MLA_AOT_SM90_KERNEL(...) \
  if (arch == Arch::kSm90) MLA_AOT_KERNEL(__VA_ARGS__)
#define MLA_AOT_SM100_KERNEL(...) \
  if (arch == Arch::kSm100) MLA_AOT_KERNEL(__VA_ARGS__)
#define MLA_AOT_SM103_KERNEL(...) \
  if (arch == Arch::kSm103) MLA_AOT_KERNEL(__VA_ARGS__)
#include "device/aot.def"
  return sources;
}

}  // namespace mla
