// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/deadlock.h"

#include <cstdio>
#include <set>
#include <string_view>
#include <vector>

#include "emulator/ptx/instruction_table.h"

namespace emulator {
namespace {

template <typename Visit>
void for_each_group(const Cluster& cluster, Visit&& visit) {
  for (const auto& cta : cluster.ctas) {
    for (const auto& warp : cta->warps) {
      for (const LaneGroup& group : warp->groups()) visit(*warp, group);
    }
  }
}

std::string name_of(const Warp& warp) {
  return "CTA rank " + std::to_string(warp.cta().rank) + " warp " + std::to_string(warp.id());
}

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

std::string describe_wait(const Cta& cta, const Warp& warp, const Wait& wait) {
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
      return "mbarrier " + cta.cluster.grid.program().shared_name(wait.id) +
             " to complete the phase of parity " + std::to_string(wait.ticket & 1) + " (" +
             describe_mbarrier(cta, wait.id) + ")";
    case Wait::Kind::kBulkGroup: return "its bulk async-groups";
    case Wait::Kind::kWgmma: {
      const WgmmaQueue& queue = cta.wgmma_queues[warp.id() / kWarpgroupWarps];
      return "wgmma number " + std::to_string(wait.ticket) + " of its warpgroup (" +
             std::to_string(queue.num_completed()) +
             " are complete; an operation begins when all four warps have issued it)";
    }
    case Wait::Kind::kRegisterPool:
      return std::to_string(wait.id) + " registers of the CTA's pool (" +
             std::to_string(cta.register_pool.num_free()) + " are free)";
    case Wait::Kind::kWarpSync: return "other lanes of its warp";
    case Wait::Kind::kTensorMemory:
      if (wait.id == 0) return "the peer CTA to deallocate tensor memory";
      return std::to_string(wait.id) + " free columns of tensor memory" +
             (cta.tensor_core.cta_group == 2 ? " and the peer CTA" : "");
    case Wait::Kind::kGridDependency: return "earlier grids";
  }
  return {};
}

bool is_arrival(const Instruction& instruction, Wait::Kind kind) {
  const std::string_view handler = instruction.form->row->handler;
  if (kind == Wait::Kind::kNamedBarrier) return handler.starts_with("barrier_");
  if (kind == Wait::Kind::kClusterBarrier) return handler == "cluster_barrier_arrive";
  return handler.starts_with("mbarrier_arrive") || handler == "mbarrier_complete_tx" ||
         handler == "copy_async_mbarrier_arrive" || handler == "tcgen05_commit";
}

// PTX lines of arrivals that the lanes could still reach if their own wait ended.
std::vector<int> reachable_arrivals(const Program& program, uint32_t pc, Wait::Kind kind) {
  std::vector<bool> is_seen(program.code.size());
  std::vector<uint32_t> open{pc + 1};
  std::set<int> lines;
  while (!open.empty()) {
    const uint32_t at = open.back();
    open.pop_back();
    if (at >= program.code.size() || is_seen[at]) continue;
    is_seen[at] = true;
    const Instruction& instruction = program.code[at];
    if (is_arrival(instruction, kind)) lines.insert(instruction.line);
    const std::string_view handler = instruction.form->row->handler;
    const bool always_leaves =
        instruction.guard == 0 && (handler == "branch" || handler == "exit_thread");
    if (handler == "branch") open.push_back(instruction.target);
    if (!always_leaves) open.push_back(at + 1);
  }
  return {lines.begin(), lines.end()};
}

// Who could still arrive where these lanes wait: other groups, by the code in front of them.
std::string describe_arrivals(const Warp& waiter, const LaneGroup& waiting) {
  const Wait::Kind kind = waiting.wait.kind;
  const bool can_arrive = kind == Wait::Kind::kNamedBarrier || kind == Wait::Kind::kMbarrier ||
                          kind == Wait::Kind::kClusterBarrier;
  if (!can_arrive) return {};
  std::string text;
  for_each_group(waiter.cta().cluster, [&](const Warp& warp, const LaneGroup& group) {
    const bool waits_at_same =
        group.wait.kind == kind && group.wait.id == waiting.wait.id && &warp.cta() == &waiter.cta();
    const auto lines = reachable_arrivals(warp.program(), group.pc, kind);
    if (&group == &waiting || waits_at_same || lines.empty()) return;
    text += (text.empty() ? "; could still arrive: " : ", ") + name_of(warp) + " at PTX line " +
            std::to_string(lines.front());
    if (lines.size() > 1) text += " and " + std::to_string(lines.size() - 1) + " more";
  });
  return text.empty() ? "; nobody is left who could arrive" : text;
}

}  // namespace

bool has_wait(const Cluster& cluster, Wait::Kind kind) {
  bool found = false;
  for_each_group(cluster,
                 [&](const Warp&, const LaneGroup& group) { found |= group.wait.kind == kind; });
  return found;
}

Fault make_deadlock_fault(const Cluster& cluster) {
  std::string text = "no warp can go on";
  const Warp* first = nullptr;
  uint32_t pc = 0;
  for_each_group(cluster, [&](const Warp& warp, const LaneGroup& group) {
    const Instruction& instruction = warp.program().code[group.pc];
    if (!first) {
      first = &warp;
      pc = group.pc;
    }
    text += "\n    " + name_of(warp) + " lanes " + hexadecimal(group.lanes) + " PTX line " +
            std::to_string(instruction.line) + " " + instruction.form->text + " waits for " +
            describe_wait(warp.cta(), warp, group.wait) + describe_arrivals(warp, group);
  });
  return Fault(FaultKind::kDeadlock, first->place(first->program().code[pc]), text);
}

}  // namespace emulator
