// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/tensor_fence_check.h"

#include <algorithm>

#include "emulator/core/address_space.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/ptx/instruction_table.h"

namespace emulator::check {
namespace {

// The mbarrier that an operand names, or none when the address is not one: the instruction itself
// reports that.
std::pair<const Cta*, uint32_t> find_barrier(const Warp& warp, const Row& row, LaneMask lanes) {
  uint64_t address = read_address(warp, row, lowest_lane(lanes));
  if (is_in_window(address, kSharedWindow)) address -= kSharedWindow;
  const Cta* cta = warp.cta().cluster.find_cta(static_cast<uint32_t>(address >> kSharedRankShift));
  return {cta, static_cast<uint32_t>(address & kSharedOffsetMask)};
}

bool is_arrival(std::string_view opcode) {
  return opcode.starts_with("mbarrier.arrive");
}

bool is_wait(std::string_view opcode) {
  return opcode.starts_with("mbarrier.try_wait") || opcode.starts_with("mbarrier.test_wait");
}

bool is_barrier(std::string_view opcode) {
  return opcode == "bar.sync" || opcode == "bar.cta.sync" || opcode == "barrier.sync" ||
         opcode == "barrier.cta.sync";
}

std::string line_of(const Instruction& instruction) {
  return "PTX line " + std::to_string(instruction.line);
}

}  // namespace

TensorOrder find_tensor_order(const Instruction& instruction) {
  const std::string_view opcode = instruction.form->row->opcode;
  if (opcode == "tcgen05.fence::before_thread_sync") return TensorOrder::kFenceBefore;
  if (opcode == "tcgen05.fence::after_thread_sync") return TensorOrder::kFenceAfter;
  if (opcode == "tcgen05.commit") return TensorOrder::kCommit;
  for (const std::string_view access : {"tcgen05.ld", "tcgen05.st", "tcgen05.mma", "tcgen05.cp"}) {
    if (opcode.starts_with(access)) return TensorOrder::kAccess;
  }
  if (is_arrival(opcode)) return TensorOrder::kArrive;
  if (is_wait(opcode)) return TensorOrder::kWait;
  if (is_barrier(opcode)) return TensorOrder::kBarrier;
  if (opcode == "barrier.cluster.arrive") return TensorOrder::kClusterArrive;
  if (opcode == "barrier.cluster.wait") return TensorOrder::kClusterWait;
  return TensorOrder::kNone;
}

TensorFenceCheck::TensorFenceCheck(const Program& program) : program_(program) {
  orders_.reserve(program.code.size());
  for (const Instruction& instruction : program.code) {
    orders_.push_back(find_tensor_order(instruction));
  }
}

void TensorFenceCheck::before(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const TensorOrder order = order_of(instruction);
  // Arrivals count before the instruction runs, which may open the barrier for others.
  if (order == TensorOrder::kArrive) {
    const auto [cta, offset] = find_barrier(warp, instruction.operands[1], lanes);
    arrive(warp, {cta, TensorOrder::kWait, offset});
  } else if (order == TensorOrder::kBarrier) {
    const uint64_t number = read_lane(warp, instruction.operands[0], lowest_lane(lanes));
    arrive(warp, {&warp.cta(), order, static_cast<uint32_t>(number)});
  } else if (order == TensorOrder::kClusterArrive) {
    arrive(warp, {&warp.cta().cluster, TensorOrder::kClusterWait, 0});
  } else if (order == TensorOrder::kCommit) {
    const auto [cta, offset] = find_barrier(warp, instruction.operands[0], lanes);
    for (const auto& member : warp.cta().cluster.ctas) {
      const bool is_signalled = member.get() == cta || instruction.form->has("multicast::cluster");
      if (is_signalled) pass_on({member.get(), TensorOrder::kWait, offset}, {});
    }
  }
}

void TensorFenceCheck::after(Warp& warp, const Instruction& instruction, LaneMask lanes,
                             Outcome outcome) {
  if (outcome != Outcome::kNext) return;
  const TensorOrder order = order_of(instruction);
  // Only now have all lanes come, each with its own waits and fences behind it.
  if (order == TensorOrder::kAccess) return check_access(warp, instruction);
  if (order == TensorOrder::kFenceBefore) {
    warps_[&warp].is_fenced_before = true;
  } else if (order == TensorOrder::kFenceAfter) {
    warps_[&warp].unfenced_wait = nullptr;
  } else if (order == TensorOrder::kWait) {
    if ((warp.predicate(instruction.operands[0]) & lanes) == 0) return;
    const auto [cta, offset] = find_barrier(warp, instruction.operands[1], lanes);
    wait(warp, instruction, {cta, order, offset});
  } else if (order == TensorOrder::kBarrier) {
    const uint64_t number = read_lane(warp, instruction.operands[0], lowest_lane(lanes));
    wait(warp, instruction, {&warp.cta(), order, static_cast<uint32_t>(number)});
  } else if (order == TensorOrder::kClusterWait) {
    wait(warp, instruction, {&warp.cta().cluster, order, 0});
  }
}

void TensorFenceCheck::arrive(const Warp& warp, const Barrier& barrier) {
  const WarpState& state = warps_[&warp];
  if (!state.last_access) return;
  pass_on(barrier, {&warp, state.is_fenced_before ? nullptr : state.last_access});
}

void TensorFenceCheck::pass_on(const Barrier& barrier, const Passed& operations) {
  std::vector<Passed>& passed = passed_[barrier];
  std::erase_if(passed, [&](const Passed& p) { return p.source == operations.source; });
  passed.push_back(operations);
}

void TensorFenceCheck::wait(const Warp& warp, const Instruction& instruction,
                            const Barrier& barrier) {
  const auto it = passed_.find(barrier);
  if (it == passed_.end()) return;
  WarpState& state = warps_[&warp];
  for (const Passed& passed : it->second) {
    if (passed.source == &warp) continue;
    state.unfenced_wait = &instruction;
    if (passed.unfenced_access) state.unfenced_access = passed.unfenced_access;
  }
}

void TensorFenceCheck::check_access(Warp& warp, const Instruction& instruction) {
  WarpState& state = warps_[&warp];
  if (state.unfenced_wait) {
    warp.fail(FaultKind::kAsyncMisuse, instruction,
              "no tcgen05.fence::after_thread_sync since the wait of " +
                  line_of(*state.unfenced_wait) +
                  ", which other threads' tcgen05 operations come before");
  }
  if (state.unfenced_access) {
    warp.fail(FaultKind::kAsyncMisuse, instruction,
              "no tcgen05.fence::before_thread_sync between the operation of " +
                  line_of(*state.unfenced_access) +
                  " and the arrival that this warp has waited for");
  }
  state.last_access = &instruction;
  state.is_fenced_before = false;
}

void TensorFenceCheck::on_cluster_end(Cluster& cluster) {
  for (const auto& cta : cluster.ctas) {
    for (const auto& warp : cta->warps) warps_.erase(warp.get());
    std::erase_if(passed_, [&](const auto& p) { return std::get<0>(p.first) == cta.get(); });
  }
  std::erase_if(passed_, [&](const auto& p) { return std::get<0>(p.first) == &cluster; });
}

}  // namespace emulator::check
