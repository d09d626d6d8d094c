// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/register_count.h"

#include "emulator/core/cta.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/whole_warp.h"

namespace emulator {
namespace {

// Calls visit(warp) for the other warps of the warpgroup that exist.
template <typename Visit>
void for_each_neighbour(const Warp& warp, Visit&& visit) {
  const auto& warps = warp.cta().warps;
  const uint32_t first = warp.id() / kWarpgroupWarps * kWarpgroupWarps;
  for (uint32_t id = first; id < first + kWarpgroupWarps && id < warps.size(); ++id) {
    if (id != warp.id()) visit(*warps[id]);
  }
}

uint32_t read_count(const Warp& warp, const Instruction& instruction) {
  const int64_t count = read_immediate(warp, instruction.operands[0]);
  const bool is_legal = count >= RegisterPool::kMinPerThread &&
                        count <= RegisterPool::kMaxPerThread && count % 8 == 0;
  if (!is_legal) {
    warp.fail(
        FaultKind::kWarpMisuse, instruction,
        "a register count of " + std::to_string(count) + " is not a multiple of 8 in 24 to 256");
  }
  return static_cast<uint32_t>(count);
}

// The warps of a warpgroup ask for the same counts, one after the other.
void check_neighbours(const Warp& warp, const Instruction& instruction, uint32_t count) {
  if (!warp.cta().cluster.grid.options.follows_manual) return;
  const size_t index = warp.register_requests.size();
  for_each_neighbour(warp, [&](const Warp& other) {
    const bool has_asked = other.register_requests.size() > index;
    if (has_asked ? other.register_requests[index] != count : other.is_finished()) {
      warp.fail(FaultKind::kWarpMisuse, instruction,
                "all warps of a warpgroup must execute the same setmaxnreg; warp " +
                    std::to_string(other.id()) +
                    (has_asked ? " asked for another count" : " ended"));
    }
  });
}

// An increase to fewer registers than the warp has is in a shipped kernel: there it changes
// nothing.
uint32_t check_direction(const Warp& warp, const Instruction& instruction, uint32_t count,
                         bool is_increase) {
  const bool is_wrong = is_increase ? count < warp.num_registers : count > warp.num_registers;
  if (!is_wrong) return count;
  if (is_increase && !warp.cta().cluster.grid.options.follows_manual) return warp.num_registers;
  warp.fail(FaultKind::kWarpMisuse, instruction,
            "the warp has " + std::to_string(warp.num_registers) + " registers per thread, " +
                (is_increase ? "more" : "fewer") + " than it asks for");
}

template <bool kIsIncrease>
Outcome change_register_count(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_whole_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  const uint32_t asked = read_count(warp, instruction);
  RegisterPool& pool = warp.cta().register_pool;
  check_neighbours(warp, instruction, asked);
  const uint32_t count = check_direction(warp, instruction, asked, kIsIncrease);
  if (!kIsIncrease) {
    pool.give(warp.num_registers - count);
  } else {
    const uint32_t missing = count - warp.num_registers;
    if (!pool.can_ever_hold(count, static_cast<uint32_t>(warp.cta().warps.size()))) {
      warp.fail(FaultKind::kWarpMisuse, instruction,
                std::to_string(count) + " registers per thread are never free: the CTA has " +
                    std::to_string(pool.num_total()) + " in all");
    }
    warp.current().wait = {Wait::Kind::kRegisterPool, missing * RegisterPool::kThreadsPerWarp, 0};
    if (!pool.take(missing)) return Outcome::kStall;
    warp.current().wait = {};
  }
  warp.num_registers = count;
  warp.register_requests.push_back(asked);
  return Outcome::kNext;
}

}  // namespace

void check_register_requests_at_exit(Warp& warp, LaneMask lanes) {
  if (!warp.cta().cluster.grid.options.follows_manual) return;
  for_each_neighbour(warp, [&](const Warp& other) {
    if (other.register_requests.size() <= warp.register_requests.size()) return;
    warp.fail(FaultKind::kWarpMisuse, warp.program().code[warp.current().pc],
              "the warp ends without a setmaxnreg that warp " + std::to_string(other.id()) +
                  " of its warpgroup has executed",
              lowest_lane(lanes));
  });
}

namespace handlers {

Execute set_max_registers(const Instruction& instruction) {
  return instruction.form->has("inc") ? change_register_count<true> : change_register_count<false>;
}

}  // namespace handlers
}  // namespace emulator
