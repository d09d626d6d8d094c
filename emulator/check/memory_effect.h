// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "emulator/check/shadow.h"
#include "emulator/core/program.h"

namespace emulator::check {

// What an instruction is to the memory model.
enum class Effect : uint8_t {
  kNone,
  kLoad,
  kStore,
  kAtomic,  // reads and writes as one
  kFence,
  kInitFence,  // of mbarrier.init alone
  kProxyFence,
  kWarpSync,
  kBarrierArrive,
  kBarrierSync,
  kClusterArrive,
  kClusterWait,
  kMbarrierInit,
  kMbarrierEnd,  // mbarrier.inval: an ordinary write to the object
  kMbarrierArrive,
  kMbarrierCount,  // expect_tx and complete_tx: change the object but order nothing
  kMbarrierWait,
  kCopyAsync,
  kCopyWait,
  kCopyArrive,
};

struct MemoryEffect {
  Effect effect = Effect::kNone;
  ptx::StateSpace space = ptx::StateSpace::kGeneric;
  uint32_t size = 0;  // bytes per lane
  Scope scope = Scope::kGpu;
  bool is_strong = false;
  bool acquires = false;
  bool releases = false;
};

// The effect of every instruction of a program, by its index.
std::vector<MemoryEffect> find_memory_effects(const Program& program);

}  // namespace emulator::check
