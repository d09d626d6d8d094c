// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/deadlock.h"

#include <cstdio>

namespace emulator {
namespace {

std::string hexadecimal(uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string describe_mbarrier(const Cta& cta, uint32_t offset) {
  const auto it = cta.mbarriers.find(offset);
  if (it == cta.mbarriers.end()) return "not initialised";
  return it->second.describe();
}

std::string describe_wait(const Cta& cta, const Wait& wait) {
  switch (wait.kind) {
    case Wait::Kind::kNone: return "nothing";
    case Wait::Kind::kNamedBarrier: {
      const NamedBarrier& barrier = cta.barriers[wait.id];
      return "barrier " + std::to_string(wait.id) + " (" + std::to_string(barrier.arrived_threads) +
             " of " +
             (barrier.expected_threads ? std::to_string(barrier.expected_threads) : "all") +
             " threads arrived)";
    }
    case Wait::Kind::kClusterBarrier:
      return "the cluster barrier (" + std::to_string(cta.cluster.barrier.arrived_lanes) + " of " +
             std::to_string(cta.cluster.num_live_lanes()) + " threads arrived)";
    case Wait::Kind::kMbarrier:
      return "mbarrier " + hexadecimal(wait.id) + " to complete the phase of parity " +
             std::to_string(wait.ticket & 1) + " (" + describe_mbarrier(cta, wait.id) + ")";
    case Wait::Kind::kWarpSync: return "other lanes of its warp";
    case Wait::Kind::kTensorMemory:
      if (wait.id == 0) return "the peer CTA to deallocate tensor memory";
      return std::to_string(wait.id) + " free columns of tensor memory" +
             (cta.tensor_core.cta_group == 2 ? " and the peer CTA" : "");
    case Wait::Kind::kGridDependency: return "earlier grids";
  }
  return {};
}

}  // namespace

bool has_wait(const Cluster& cluster, Wait::Kind kind) {
  for (const auto& cta : cluster.ctas) {
    for (const auto& warp : cta->warps) {
      for (const LaneGroup& group : warp->groups()) {
        if (group.wait.kind == kind) return true;
      }
    }
  }
  return false;
}

Fault make_deadlock_fault(const Cluster& cluster) {
  std::string text = "no warp can go on";
  const Warp* first = nullptr;
  uint32_t pc = 0;
  for (const auto& cta : cluster.ctas) {
    for (const auto& warp : cta->warps) {
      for (const LaneGroup& group : warp->groups()) {
        const Instruction& instruction = warp->program().code[group.pc];
        if (!first) {
          first = warp.get();
          pc = group.pc;
        }
        text += "\n    CTA rank " + std::to_string(cta->rank) + " warp " +
                std::to_string(warp->id()) + " lanes " + hexadecimal(group.lanes) + " PTX line " +
                std::to_string(instruction.line) + " " + instruction.form->text + " waits for " +
                describe_wait(*cta, group.wait);
      }
    }
  }
  return Fault(FaultKind::kDeadlock, first->place(first->program().code[pc]), text);
}

}  // namespace emulator
