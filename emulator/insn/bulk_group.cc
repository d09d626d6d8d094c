// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "emulator/core/cta.h"
#include "emulator/insn/async_operands.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/insn/synchronisation.h"

namespace emulator {
namespace {

Outcome commit_groups(Warp& warp, const Instruction&, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) { warp.bulk_groups[lane].commit(); });
  return Outcome::kNext;
}

// cp.async.bulk.wait_group n: until no more than the n newest groups of each lane are pending.
template <BulkGroups::Stage kStage>
Outcome wait_for_groups(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  bool have_all_come = true;
  for_each_lane(lanes, [&](int lane) {
    const uint64_t allowed = read_lane(warp, instruction.operands[0], lane);
    have_all_come &= warp.bulk_groups[lane].wait(allowed, kStage);
  });
  if (have_all_come) {
    for_each_lane(lanes, [&](int lane) {
      const uint64_t committed = warp.bulk_groups[lane].num_committed();
      const uint64_t allowed = read_lane(warp, instruction.operands[0], lane);
      finish_bulk_groups(warp, lane, kStage, committed - std::min(allowed, committed));
    });
  }
  warp.current().wait = {have_all_come ? Wait::Kind::kNone : Wait::Kind::kBulkGroup, 0, 0};
  return have_all_come ? Outcome::kNext : Outcome::kStall;
}

}  // namespace

void check_bulk_groups_at_exit(Warp& warp, LaneMask lanes) {
  for (const auto& [lane, groups] : warp.bulk_groups) {
    if (!has_lane(lanes, lane)) continue;
    const Instruction* copy = groups.find_unawaited();
    if (!copy) continue;
    warp.fail(FaultKind::kAsyncMisuse, *copy,
              "the thread ends without cp.async.bulk.wait_group: the copy may read shared memory "
              "that is gone",
              lane);
  }
}

namespace handlers {

Execute bulk_commit(const Instruction&) {
  return commit_groups;
}
Execute bulk_wait(const Instruction& instruction) {
  return instruction.form->has("read") ? wait_for_groups<BulkGroups::Stage::kRead>
                                       : wait_for_groups<BulkGroups::Stage::kWritten>;
}

}  // namespace handlers
}  // namespace emulator
