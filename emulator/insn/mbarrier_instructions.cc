// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/mbarrier_access.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/ptx/instruction_table.h"

namespace emulator {
namespace {

constexpr uint32_t kObjectBytes = 8;

uint32_t count_or_one(const Warp& warp, const Row& row, int lane) {
  return row.is_absent() ? 1 : static_cast<uint32_t>(read_lane(warp, row, lane));
}

void report(Warp& warp, const Instruction& instruction, const char* problem, int lane,
            uint64_t address, const Mbarrier& barrier) {
  if (!problem) return;
  warp.fail(FaultKind::kMbarrierMisuse, instruction,
            std::string(problem) + " (" + barrier.describe() + ")", lane, address);
}

Outcome init(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    const MbarrierPlace place =
        find_mbarrier_place(warp, instruction, instruction.operands[0], lane);
    const auto count = static_cast<uint32_t>(read_lane(warp, instruction.operands[1], lane));
    if (count == 0 || count > Mbarrier::kMaxCount) {
      warp.fail(FaultKind::kMbarrierMisuse, instruction,
                "count " + std::to_string(count) + " is not in 1 to 2^20 - 1", lane, place.address);
    }
    if (place.cta->mbarriers.contains(place.offset)) {
      warp.fail(FaultKind::kMbarrierMisuse, instruction,
                "the barrier is live already; mbarrier.inval must come first", lane, place.address);
    }
    place.cta->mbarriers.emplace(place.offset, Mbarrier(count));
    place.cta->shared.set_state(place.offset, kObjectBytes, ByteState::kMbarrier);
  });
  return Outcome::kNext;
}

Outcome invalidate(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    find_mbarrier(warp, instruction, instruction.operands[0], lane);
    const MbarrierPlace place =
        find_mbarrier_place(warp, instruction, instruction.operands[0], lane);
    place.cta->mbarriers.erase(place.offset);
    place.cta->shared.set_state(place.offset, kObjectBytes, ByteState::kUninitialised);
  });
  return Outcome::kNext;
}

enum class Arrival { kPlain, kDrop, kExpectBytes };

// mbarrier.arrive state, [barrier], count
template <Arrival kArrival, bool kMayComplete = true>
Outcome arrive(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  for_each_lane(lanes, [&](int lane) {
    Mbarrier& barrier = find_mbarrier(warp, instruction, operands[1], lane);
    if (kArrival == Arrival::kExpectBytes)
      remember_byte_count(warp, instruction, operands[1], lane);
    const uint64_t state = barrier.state();
    const uint32_t amount = count_or_one(warp, operands[2], lane);
    const char* problem = !kMayComplete && amount == barrier.pending()
                              ? ".noComplete with the arrival that a phase is waiting for"
                          : kArrival == Arrival::kPlain ? barrier.arrive(amount)
                          : kArrival == Arrival::kDrop  ? barrier.arrive_drop(amount)
                                                        : barrier.arrive_expect_bytes(amount);
    report(warp, instruction, problem, lane, read_address(warp, operands[1], lane), barrier);
    write_lane(warp, operands[0], lane, state);
  });
  return Outcome::kNext;
}

template <bool kCompletes>
Outcome count_bytes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  for_each_lane(lanes, [&](int lane) {
    Mbarrier& barrier = find_mbarrier(warp, instruction, operands[0], lane);
    const auto bytes = static_cast<uint32_t>(read_lane(warp, operands[1], lane));
    remember_byte_count(warp, instruction, operands[0], lane);
    const char* problem = kCompletes ? barrier.complete_bytes(bytes) : barrier.expect_bytes(bytes);
    report(warp, instruction, problem, lane, read_address(warp, operands[0], lane), barrier);
  });
  return Outcome::kNext;
}

// Whether the phase that a lane asks for has ended: by parity, or by the state an arrival returned.
bool has_completed(const Warp& warp, const Instruction& instruction, const Mbarrier& barrier,
                   int lane) {
  const uint64_t asked = read_lane(warp, instruction.operands[2], lane);
  if (instruction.form->row->opcode.ends_with("parity")) {
    return barrier.has_completed(static_cast<uint32_t>(asked));
  }
  return barrier.phase() != Mbarrier::phase_of_state(asked);
}

LaneMask completed_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  LaneMask completed = 0;
  for_each_lane(lanes, [&](int lane) {
    Mbarrier& barrier = find_mbarrier(warp, instruction, instruction.operands[1], lane);
    if (!has_completed(warp, instruction, barrier, lane)) return;
    barrier.observe();
    completed |= LaneMask{1} << lane;
  });
  return completed;
}

Outcome test_wait(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const LaneMask completed = completed_lanes(warp, instruction, lanes);
  warp.set_predicate(instruction.operands[0], lanes, completed);
  // Programs that poll must not keep the warp they wait for from running.
  return completed == lanes ? Outcome::kNext : Outcome::kYield;
}

// try_wait blocks until the phase ends or a time is over; here that is when nothing else can run.
Outcome try_wait(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const LaneMask completed = completed_lanes(warp, instruction, lanes);
  LaneGroup& group = warp.current();
  const bool gives_up = group.wait.is_active() && warp.cta().cluster.lets_waits_time_out;
  if (completed != lanes && !gives_up) {
    const int lane = lowest_lane(lanes & ~completed);
    const uint64_t address = read_address(warp, instruction.operands[1], lane);
    group.wait = {Wait::Kind::kMbarrier, static_cast<uint32_t>(address & kSharedOffsetMask),
                  read_lane(warp, instruction.operands[2], lane)};
    return Outcome::kStall;
  }
  group.wait = {};
  warp.set_predicate(instruction.operands[0], lanes, completed);
  return Outcome::kNext;
}

Outcome read_pending_count(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    const uint64_t state = read_lane(warp, instruction.operands[1], lane);
    write_lane(warp, instruction.operands[0], lane, Mbarrier::pending_of_state(state));
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute mbarrier_init(const Instruction&) {
  return init;
}
Execute mbarrier_invalidate(const Instruction&) {
  return invalidate;
}
Execute mbarrier_arrive(const Instruction&) {
  return arrive<Arrival::kPlain>;
}
Execute mbarrier_arrive_drop(const Instruction&) {
  return arrive<Arrival::kDrop>;
}
Execute mbarrier_arrive_no_complete(const Instruction&) {
  return arrive<Arrival::kPlain, false>;
}
Execute mbarrier_arrive_drop_no_complete(const Instruction&) {
  return arrive<Arrival::kDrop, false>;
}
Execute mbarrier_arrive_expect_tx(const Instruction&) {
  return arrive<Arrival::kExpectBytes>;
}
Execute mbarrier_expect_tx(const Instruction&) {
  return count_bytes<false>;
}
Execute mbarrier_complete_tx(const Instruction&) {
  return count_bytes<true>;
}
Execute mbarrier_test_wait(const Instruction&) {
  return test_wait;
}
Execute mbarrier_try_wait(const Instruction&) {
  return try_wait;
}
Execute mbarrier_pending_count(const Instruction&) {
  return read_pending_count;
}

}  // namespace handlers
}  // namespace emulator
