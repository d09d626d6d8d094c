// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>

#include "emulator/core/cta.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/mbarrier_access.h"
#include "emulator/insn/memory_access.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

void complete(const PendingCopy& copy) {
  std::memcpy(copy.destination, copy.source, copy.num_source_bytes);
  std::memset(copy.destination + copy.num_source_bytes, 0, copy.num_bytes - copy.num_source_bytes);
}

// Completes the lane's copies of groups before `end_group`, oldest first.
void complete_groups(Warp& warp, int lane, uint64_t end_group) {
  std::erase_if(warp.pending_copies, [&](const PendingCopy& copy) {
    const bool is_due = copy.lane == lane && copy.group < end_group;
    if (is_due) complete(copy);
    return is_due;
  });
}

uint32_t read_size(Warp& warp, const Instruction& instruction, int lane) {
  const uint64_t size = read_lane(warp, instruction.operands[2], lane);
  const bool is_legal = size == 16 || ((size == 4 || size == 8) && instruction.form->has("ca"));
  if (!is_legal) {
    warp.fail(FaultKind::kAsyncMisuse, instruction,
              "a copy of " + std::to_string(size) + " bytes: .ca takes 4, 8, 16 and .cg takes 16",
              lane);
  }
  return static_cast<uint32_t>(size);
}

// cp.async [shared], [global], size, source size
Outcome issue(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  for_each_lane(lanes, [&](int lane) {
    PendingCopy copy;
    copy.lane = lane;
    copy.group = warp.copy_group[lane];
    copy.num_bytes = read_size(warp, instruction, lane);
    copy.num_source_bytes = copy.num_bytes;
    if (!operands[3].is_absent()) {
      const uint64_t given = read_lane(warp, operands[3], lane);
      copy.num_source_bytes = static_cast<uint32_t>(std::min<uint64_t>(given, copy.num_bytes));
    }
    copy.destination = resolve_lane(warp, instruction, read_address(warp, operands[0], lane), lane,
                                    ptx::StateSpace::kShared, copy.num_bytes, Access::kWrite);
    if (copy.num_source_bytes > 0) {
      copy.source = resolve_lane(warp, instruction, read_address(warp, operands[1], lane), lane,
                                 ptx::StateSpace::kGlobal, copy.num_bytes, Access::kRead);
    } else {
      copy.source = copy.destination;  // nothing is read
    }
    if (warp.cta().cluster.schedule.completes_at_issue()) {
      complete(copy);
    } else {
      warp.pending_copies.push_back(copy);
    }
  });
  return Outcome::kNext;
}

Outcome commit(Warp& warp, const Instruction&, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) { ++warp.copy_group[lane]; });
  return Outcome::kNext;
}

// cp.async.wait_group n: all but the lane's n newest committed groups.
Outcome wait(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    const uint64_t open = warp.copy_group[lane];
    const uint64_t allowed = std::min(open, read_lane(warp, instruction.operands[0], lane));
    complete_groups(warp, lane, open - allowed);
  });
  return Outcome::kNext;
}

Outcome wait_for_all(Warp& warp, const Instruction&, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    ++warp.copy_group[lane];
    complete_groups(warp, lane, warp.copy_group[lane]);
  });
  return Outcome::kNext;
}

// The arrival comes once the lane's copies so far are done.
Outcome arrive_after_copies(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const bool counts_itself = !instruction.form->has("noinc");
  for_each_lane(lanes, [&](int lane) {
    Mbarrier& barrier = find_mbarrier(warp, instruction, instruction.operands[0], lane);
    if (counts_itself) barrier.add_pending();
    const uint64_t end_group = ++warp.copy_group[lane];
    warp.cta().cluster.submit([&warp, &instruction, &barrier, lane, end_group] {
      complete_groups(warp, lane, end_group);
      if (const char* problem = barrier.arrive(1)) {
        warp.fail(FaultKind::kMbarrierMisuse, instruction, problem, lane);
      }
    });
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute copy_async(const Instruction&) {
  return issue;
}
Execute copy_async_commit(const Instruction&) {
  return commit;
}
Execute copy_async_wait(const Instruction&) {
  return wait;
}
Execute copy_async_wait_all(const Instruction&) {
  return wait_for_all;
}
Execute copy_async_mbarrier_arrive(const Instruction&) {
  return arrive_after_copies;
}

}  // namespace handlers
}  // namespace emulator
