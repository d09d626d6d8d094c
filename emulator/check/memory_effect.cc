// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/memory_effect.h"

#include <string_view>
#include <unordered_map>

#include "emulator/insn/memory_access.h"
#include "emulator/ptx/instruction_table.h"

namespace emulator::check {
namespace {

constexpr uint32_t kMbarrierBytes = 8;

// By the handler that instructions.def names.
const std::unordered_map<std::string_view, Effect> kEffects = {
    {"load", Effect::kLoad},
    {"store", Effect::kStore},
    {"atomic_bitwise", Effect::kAtomic},
    {"atomic_compare_and_swap", Effect::kAtomic},
    {"atomic_integer", Effect::kAtomic},
    {"atomic_wrap", Effect::kAtomic},
    {"atomic_float", Effect::kAtomic},
    {"reduce_bitwise", Effect::kAtomic},
    {"reduce_integer", Effect::kAtomic},
    {"reduce_wrap", Effect::kAtomic},
    {"reduce_float", Effect::kAtomic},
    {"memory_fence", Effect::kFence},
    {"warp_sync", Effect::kWarpSync},
    {"barrier_arrive", Effect::kBarrierArrive},
    {"barrier_sync", Effect::kBarrierSync},
    {"cluster_barrier_arrive", Effect::kClusterArrive},
    {"cluster_barrier_wait", Effect::kClusterWait},
    {"mbarrier_init", Effect::kMbarrierInit},
    {"mbarrier_invalidate", Effect::kMbarrierEnd},
    {"mbarrier_arrive", Effect::kMbarrierArrive},
    {"mbarrier_arrive_drop", Effect::kMbarrierArrive},
    {"mbarrier_arrive_drop_no_complete", Effect::kMbarrierArrive},
    {"mbarrier_arrive_expect_tx", Effect::kMbarrierArrive},
    {"mbarrier_arrive_no_complete", Effect::kMbarrierArrive},
    {"mbarrier_expect_tx", Effect::kMbarrierCount},
    {"mbarrier_complete_tx", Effect::kMbarrierCount},
    {"mbarrier_test_wait", Effect::kMbarrierWait},
    {"mbarrier_try_wait", Effect::kMbarrierWait},
    {"copy_async", Effect::kCopyAsync},
    {"copy_async_wait", Effect::kCopyWait},
    {"copy_async_wait_all", Effect::kCopyWait},
    {"copy_async_mbarrier_arrive", Effect::kCopyArrive},
};

bool is_private(ptx::StateSpace space) {
  return space == ptx::StateSpace::kParam || space == ptx::StateSpace::kLocal ||
         space == ptx::StateSpace::kConst;
}

Scope scope_of(const ptx::Form& form) {
  if (form.has("cta")) return Scope::kCta;
  return form.has("cluster") ? Scope::kCluster : Scope::kGpu;
}

void describe_access(const ptx::Form& form, MemoryEffect& effect) {
  effect.space = space_of(form);
  const int elements = form.vector_width();
  effect.size = static_cast<uint32_t>(ptx::size_bits(form.type()) * elements / 8);
  if (is_private(effect.space)) effect.effect = Effect::kNone;
  // Atomic operations are relaxed unless they say more; ld and st are weak unless they do.
  effect.is_strong = effect.effect == Effect::kAtomic ||
                     !form.one_of("relaxed|acquire|release|volatile|mmio").empty();
  effect.acquires = !form.one_of("acquire|acq_rel").empty();
  effect.releases = !form.one_of("release|acq_rel").empty();
}

// fence.sc and the older membar order both ways.
void describe_fence(const ptx::Form& form, MemoryEffect& effect) {
  const std::string_view opcode = form.row->opcode;
  if (opcode.starts_with("fence.proxy")) {
    effect.effect = form.has("alias") ? Effect::kNone : Effect::kProxyFence;
  } else if (opcode == "fence.mbarrier_init") {
    effect.effect = Effect::kInitFence;
  }
  effect.acquires = !form.has("release");
  effect.releases = !form.has("acquire");
}

// Arrivals release and waits acquire unless they are relaxed. The object itself is changed as one
// by all who can reach it: shipped kernels leave .cluster out of arrivals at another CTA's barrier.
void describe_mbarrier(const ptx::Form& form, MemoryEffect& effect) {
  effect.space = ptx::StateSpace::kGeneric;
  effect.size = kMbarrierBytes;
  effect.is_strong = effect.effect > Effect::kMbarrierEnd;
  effect.scope = Scope::kCluster;
  const bool orders = !form.has("relaxed");
  effect.acquires = orders && effect.effect == Effect::kMbarrierWait;
  effect.releases = orders && effect.effect == Effect::kMbarrierArrive;
}

MemoryEffect effect_of(const Instruction& instruction) {
  MemoryEffect effect;
  const ptx::Form& form = *instruction.form;
  const auto it = kEffects.find(form.row->handler);
  if (it == kEffects.end()) return effect;
  effect.effect = it->second;
  effect.scope = scope_of(form);
  switch (effect.effect) {
    case Effect::kLoad:
    case Effect::kStore:
    case Effect::kAtomic: describe_access(form, effect); break;
    case Effect::kFence: describe_fence(form, effect); break;
    case Effect::kClusterArrive: effect.releases = !form.has("relaxed"); break;
    case Effect::kMbarrierInit:
    case Effect::kMbarrierEnd:
    case Effect::kMbarrierArrive:
    case Effect::kMbarrierCount:
    case Effect::kMbarrierWait: describe_mbarrier(form, effect); break;
    default: break;
  }
  return effect;
}

}  // namespace

std::vector<MemoryEffect> find_memory_effects(const Program& program) {
  std::vector<MemoryEffect> effects;
  effects.reserve(program.code.size());
  for (const Instruction& instruction : program.code) effects.push_back(effect_of(instruction));
  return effects;
}

}  // namespace emulator::check
