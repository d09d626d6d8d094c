// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/register_pool.h"

#include <algorithm>

namespace emulator {
namespace {

constexpr uint32_t kRegistersPerSm = 65536;
constexpr uint32_t kGranularity = 8;

}  // namespace

uint32_t launch_registers(const ptx::Kernel& kernel, uint32_t threads_per_cta) {
  if (kernel.max_registers != 0) return kernel.max_registers;
  for (const ptx::Dim3& limit : {kernel.max_threads, kernel.required_threads}) {
    if (limit.x != 0) threads_per_cta = limit.x * limit.y * limit.z;
  }
  const uint32_t per_thread = kRegistersPerSm / std::max(1u, threads_per_cta);
  return std::min(per_thread / kGranularity * kGranularity, RegisterPool::kMaxPerThread);
}

}  // namespace emulator
