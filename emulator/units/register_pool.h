// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "emulator/ptx/module.h"

namespace emulator {

// The registers of a CTA that setmaxnreg moves between its warps (PTX ISA 9.7.19.5). A launch gives
// every thread the same number; the pool begins empty.
class RegisterPool {
 public:
  RegisterPool(uint32_t num_warps, uint32_t registers_per_thread)
      : num_total_(num_warps * kThreadsPerWarp * registers_per_thread) {}

  static constexpr uint32_t kThreadsPerWarp = 32;
  static constexpr uint32_t kMinPerThread = 24;
  static constexpr uint32_t kMaxPerThread = 256;

  uint32_t num_free() const { return num_free_; }
  uint32_t num_total() const { return num_total_; }

  // For one warp, in registers per thread.
  void give(uint32_t per_thread) { num_free_ += per_thread * kThreadsPerWarp; }
  bool take(uint32_t per_thread) {
    if (num_free_ < per_thread * kThreadsPerWarp) return false;
    num_free_ -= per_thread * kThreadsPerWarp;
    return true;
  }
  // Whether a warp could have so many per thread if all others went down to the least.
  bool can_ever_hold(uint32_t per_thread, uint32_t num_warps) const {
    return kThreadsPerWarp * (per_thread + (num_warps - 1) * kMinPerThread) <= num_total_;
  }

 private:
  uint32_t num_total_;
  uint32_t num_free_ = 0;
};

// Registers per thread that the compiler gives a kernel which uses setmaxnreg: what .maxnreg says,
// else as many as the SM holds for the largest block that the kernel allows.
uint32_t launch_registers(const ptx::Kernel& kernel, uint32_t threads_per_cta);

}  // namespace emulator
