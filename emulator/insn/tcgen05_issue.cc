// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/tcgen05_issue.h"

#include "emulator/insn/scalar_loop.h"
#include "emulator/insn/tensor_core_access.h"

namespace emulator {
namespace {

std::vector<Cta*> find_group(Warp& warp, const Instruction& instruction) {
  const bool is_pair = instruction.form->has("cta_group::2");
  use_cta_group(warp, instruction, is_pair ? 2 : 1);
  if (!is_pair) return {&warp.cta()};
  Cta& peer = peer_of(warp, instruction);
  return warp.cta().rank % 2 == 0 ? std::vector<Cta*>{&warp.cta(), &peer}
                                  : std::vector<Cta*>{&peer, &warp.cta()};
}

}  // namespace

Tcgen05Issue::Tcgen05Issue(Warp& warp, const Instruction& instruction, LaneMask lanes)
    : warp_(warp),
      instruction_(instruction),
      lane_(lowest_lane(lanes)),
      group_(find_group(warp, instruction)),
      issuer_(warp.cta().cluster.tensor_operations.find_issuer(warp.cta().rank, warp.id(), lane_)) {
  if (num_lanes(lanes) == 1) return;
  warp.fail(FaultKind::kWarpMisuse, instruction,
            std::to_string(num_lanes(lanes)) +
                " lanes execute the instruction, and each would issue the whole operation");
}

uint64_t Tcgen05Issue::read(const Row& row) const {
  return row.is_address ? read_address(warp_, row, lane_) : read_lane(warp_, row, lane_);
}

void Tcgen05Issue::require(const std::string& problem) const {
  if (!problem.empty()) warp_.fail(FaultKind::kIllegalDescriptor, instruction_, problem, lane_);
}

void Tcgen05Issue::check_accesses(const Cta& cta, const TensorMemoryRange& range,
                                  bool is_store) const {
  const PendingAccess* pending = cta.tensor_core.accesses.find(range, is_store);
  if (!pending) return;
  const std::string what = is_store ? "tcgen05.st" : "tcgen05.ld";
  warp_.fail(FaultKind::kAsyncMisuse, instruction_,
             "warp " + std::to_string(pending->warp) + " has not waited for its " + what +
                 " of PTX line " + std::to_string(pending->ptx_line) + " of these columns",
             lane_);
}

void Tcgen05Issue::claim_read(const TensorMemoryRange& range) const {
  for (Cta* cta : group_) {
    check_allocated(warp_, instruction_, *cta, range.column, range.num_columns);
    check_accesses(*cta, range, true);
  }
}

void Tcgen05Issue::claim_write(const TensorMemoryRange& range) const {
  claim_read(range);
  for (Cta* cta : group_) check_accesses(*cta, range, false);
}

TensorOperation Tcgen05Issue::begin() {
  return warp_.cta().cluster.tensor_operations.issue(issuer_, instruction_.line);
}

AsyncAccess Tcgen05Issue::access() const {
  AsyncAccess access(warp_, instruction_, lane_);
  const auto& operations = warp_.cta().cluster.tensor_operations;
  access.joins_group(kTensorCoreUnit, operations.last_number(issuer_));
  return access;
}

void Tcgen05Issue::submit(AsyncQueue::Operation operation) const {
  Cluster& cluster = warp_.cta().cluster;
  AsyncQueue::Pipe& pipe = group_.front()->tensor_core.pipe;
  if (pipe == 0) pipe = cluster.async.new_pipe();
  cluster.submit(pipe, std::move(operation));
}

}  // namespace emulator
