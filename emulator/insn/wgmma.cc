// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/wgmma.h"

#include <algorithm>

#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/insn/whole_warp.h"
#include "emulator/ptx/vector_length.h"

namespace emulator {
namespace {

void check_warpgroup(const Warp& warp, const Instruction& instruction) {
  const uint32_t first = warp.id() / kWarpgroupWarps * kWarpgroupWarps;
  for (uint32_t id = first; id < first + kWarpgroupWarps; ++id) {
    const bool is_there = id < warp.cta().warps.size() && !warp.cta().warps[id]->is_finished();
    if (is_there) continue;
    warp.fail(FaultKind::kWarpMisuse, instruction,
              "all four warps of the warpgroup must execute the instruction; warp " +
                  std::to_string(id) + " has ended or does not exist");
  }
}

// An immediate that is one of two numbers.
bool read_choice(const Warp& warp, const Instruction& instruction, const Row& row, int64_t no,
                 int64_t yes) {
  const int64_t value = row.is_absent() ? no : read_immediate(warp, row);
  if (value != no && value != yes) {
    warp.fail(FaultKind::kUnsupported, instruction,
              "an immediate must be " + std::to_string(no) + " or " + std::to_string(yes) +
                  ", got " + std::to_string(value));
  }
  return value == yes;
}

WgmmaScalars read_scalars(const Warp& warp, const Instruction& instruction, const WgmmaForm& form) {
  WgmmaScalars scalars;
  if (form.has_a_descriptor) {
    scalars.a_descriptor = read_uniform_operand(warp, instruction, form.a[0]);
  }
  scalars.b_descriptor = read_uniform_operand(warp, instruction, *form.b);
  const LaneMask accumulates = warp.predicate(*form.scale_d);
  if (accumulates != 0 && accumulates != kAllLanes) {
    warp.fail(FaultKind::kWarpMisuse, instruction, "scale-d differs between lanes",
              lowest_lane(~accumulates));
  }
  scalars.accumulates = accumulates != 0;
  if (!form.negate_a) return scalars;
  scalars.negates_a = read_choice(warp, instruction, form.negate_a[0], 1, -1);
  scalars.negates_b = read_choice(warp, instruction, form.negate_a[1], 1, -1);
  if (!form.transposes) return scalars;
  const Row* transposes = form.transposes;
  if (form.has_a_descriptor) {
    scalars.transposes_a = read_choice(warp, instruction, *transposes++, 0, 1);
  }
  scalars.transposes_b = read_choice(warp, instruction, *transposes, 0, 1);
  return scalars;
}

void check_descriptor(const Warp& warp, const Instruction& instruction, const char* name,
                      uint64_t bits, const MatrixExtent& extent, bool is_mn_major) {
  const uint32_t contiguous = (is_mn_major ? extent.mn : extent.k) * extent.element_bytes;
  const char* problem = WgmmaDescriptor{bits}.problem(contiguous);
  if (problem) {
    warp.fail(FaultKind::kIllegalDescriptor, instruction,
              std::string("operand ") + name + ": " + problem);
  }
}

// Registers that the program has written are ordered before the operation by wgmma.fence only.
void check_fence(const Warp& warp, const Instruction& instruction, const Row* rows, int count) {
  if (warp.wgmma.fence_time == 0) {
    warp.fail(FaultKind::kAsyncMisuse, instruction, "no wgmma.fence comes before it");
  }
  for (int i = 0; i < count; ++i) {
    if (rows[i].bank != Bank::kRegisters) continue;
    const Instruction* writer =
        warp.claims.written_since(rows[i].offset / kSlotBytes, warp.wgmma.fence_time);
    if (!writer) continue;
    warp.fail(FaultKind::kAsyncMisuse, instruction,
              "PTX line " + std::to_string(writer->line) +
                  " has written one of its registers since the last wgmma.fence");
  }
}

// Operations may follow each other on the same accumulators; anything else must wait.
void claim_registers(Warp& warp, const Instruction& instruction, const Row* rows, int count,
                     bool is_written) {
  for (int i = 0; i < count; ++i) {
    if (rows[i].bank != Bank::kRegisters) continue;
    const uint32_t slot = rows[i].offset / kSlotBytes;
    const RegisterClaim* other = warp.claims.find_conflict(slot, is_written);
    const bool is_same_shape =
        other && other->is_written == is_written && other->owner->form == instruction.form;
    if (other && !is_same_shape) {
      warp.fail(FaultKind::kAsyncMisuse, instruction,
                "the wgmma of PTX line " + std::to_string(other->owner->line) +
                    " uses one of its registers in another way, and was not waited for");
    }
    warp.claims.claim(slot, {&instruction, warp.wgmma.num_issued, is_written});
  }
}

const char* const kUnit = "wgmma";

Warp& first_of_warpgroup(Warp& warp) {
  return *warp.cta().warps[warp.id() / kWarpgroupWarps * kWarpgroupWarps];
}

bool follows_manual(const Warp& warp) {
  return warp.cta().cluster.grid.options.follows_manual;
}

// The manual lets each warp begin with its part of the operation when it has issued it. Hardware
// waits for all four, so that what one of them did comes before the operation.
void follow_accesses(Warp& warp, WgmmaOperation& operation) {
  if (operation.num_warps == 1) {
    operation.accesses = check::AsyncOperation::of_warpgroup(
        warp, first_of_warpgroup(warp), *operation.instruction, kUnit, warp.wgmma.num_issued);
  } else if (follows_manual(warp)) {
    operation.accesses.join(warp);
  } else {
    operation.accesses.synchronise(warp);
  }
  const uint32_t beginning = follows_manual(warp) ? 1 : kWarpgroupWarps;
  if (operation.num_warps != beginning) return;
  claim_wgmma_sources(warp.cta(), warp.id() / kWarpgroupWarps, operation);
}

MatrixFragment read_fragment(const Warp& warp, const WgmmaForm& form) {
  MatrixFragment fragment{};
  if (form.has_a_descriptor) return fragment;
  for (size_t i = 0; i < fragment.size(); ++i) {
    std::copy_n(warp.words<uint32_t>(form.a[i]), kWarpSize, fragment[i].begin());
  }
  return fragment;
}

void submit(Cta& cta, uint32_t warpgroup, WgmmaOperation operation) {
  WgmmaQueue& queue = cta.wgmma_queues[warpgroup];
  if (queue.pipe == 0) queue.pipe = cta.cluster.async.new_pipe();
  cta.cluster.submit(queue.pipe, [&cta, warpgroup, operation = std::move(operation)] {
    release_wgmma_sources(cta, warpgroup, operation);
    run_wgmma(cta, warpgroup, operation);
    cta.wgmma_queues[warpgroup].note_completion();
  });
}

Outcome issue(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_whole_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  check_warpgroup(warp, instruction);
  const WgmmaForm form(instruction);
  const WgmmaScalars scalars = read_scalars(warp, instruction, form);
  if (form.has_a_descriptor) {
    check_descriptor(warp, instruction, "A", scalars.a_descriptor, form.a_extent(),
                     scalars.transposes_a);
  }
  check_descriptor(warp, instruction, "B", scalars.b_descriptor, form.b_extent(),
                   scalars.transposes_b);
  const int num_a = form.has_a_descriptor ? 0 : ptx::kMatrixRegisters;
  check_fence(warp, instruction, form.d, form.num_d);
  check_fence(warp, instruction, form.a, num_a);
  warp.wgmma.last = &instruction;
  ++warp.wgmma.num_issued;
  claim_registers(warp, instruction, form.d, form.num_d, true);
  claim_registers(warp, instruction, form.a, num_a, false);

  const uint32_t warpgroup = warp.id() / kWarpgroupWarps;
  WgmmaQueue& queue = warp.cta().wgmma_queues[warpgroup];
  const char* problem = queue.join(warp.wgmma.num_issued - 1, instruction, scalars,
                                   warp.id() % kWarpgroupWarps, read_fragment(warp, form));
  if (problem) warp.fail(FaultKind::kWarpMisuse, instruction, problem);
  follow_accesses(warp, queue.joined(warp.wgmma.num_issued - 1));
  if (auto operation = queue.take_complete()) {
    submit(warp.cta(), warpgroup, *std::move(operation));
  }
  return Outcome::kNext;
}

Outcome fence(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_whole_warp(warp, instruction, lanes);
  if (gathered == Outcome::kNext) warp.wgmma.fence_time = warp.num_executed;
  return gathered;
}

Outcome commit(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_whole_warp(warp, instruction, lanes);
  if (gathered == Outcome::kNext) warp.wgmma.groups.push_back(warp.wgmma.num_issued);
  return gathered;
}

// Waits until at most so many of the latest groups are under way.
Outcome wait(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_whole_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  WgmmaProgress& progress = warp.wgmma;
  const auto allowed = static_cast<size_t>(read_immediate(warp, instruction.operands[0]));
  if (progress.groups.size() <= allowed) return Outcome::kNext;
  const size_t num_due = progress.groups.size() - allowed;
  const uint64_t last_due = progress.groups[num_due - 1];
  if (last_due > progress.num_waited) {
    const WgmmaQueue& queue = warp.cta().wgmma_queues[warp.id() / kWarpgroupWarps];
    warp.current().wait = {Wait::Kind::kWgmma, 0, last_due};
    if (queue.num_completed() < last_due) return Outcome::kStall;
    warp.current().wait = {};
  }
  progress.groups.erase(progress.groups.begin(),
                        progress.groups.begin() + static_cast<ptrdiff_t>(num_due));
  progress.num_waited = last_due;
  warp.claims.set_num_waited(last_due);
  check::finish_warp_groups(warp, first_of_warpgroup(warp), kUnit, last_due);
  return Outcome::kNext;
}

}  // namespace

void check_wgmma_at_exit(const Warp& warp, LaneMask lanes) {
  const WgmmaProgress& progress = warp.wgmma;
  if (progress.num_issued == progress.num_waited) return;
  const bool is_committed = progress.num_committed() == progress.num_issued;
  warp.fail(FaultKind::kAsyncMisuse, *progress.last,
            is_committed ? "the warp ends without a wgmma.wait_group for it"
                         : "the warp ends without a wgmma.commit_group for it",
            lowest_lane(lanes));
}

namespace handlers {

Execute wgmma_issue(const Instruction&) {
  return issue;
}
Execute wgmma_fence(const Instruction&) {
  return fence;
}
Execute wgmma_commit(const Instruction&) {
  return commit;
}
Execute wgmma_wait(const Instruction&) {
  return wait;
}

}  // namespace handlers
}  // namespace emulator
