// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/bulk_groups.h"

#include <algorithm>

namespace emulator {

BulkGroups::Group BulkGroups::begin_copy(const Instruction& instruction) {
  State& open = groups_.back();
  ++open.num_reads;
  ++open.num_writes;
  open.last_copy = &instruction;
  return groups_.size() - 1;
}

void BulkGroups::commit() {
  groups_.emplace_back();
}

bool BulkGroups::wait(uint64_t allowed, Stage stage) {
  const size_t end = num_committed() - std::min(allowed, num_committed());
  for (size_t i = num_awaited_; i < end; ++i) {
    if (groups_[i].num_reads > 0) return false;
  }
  if (stage == Stage::kWritten) {
    while (num_written_ < end && groups_[num_written_].num_writes == 0) ++num_written_;
    if (num_written_ < end) return false;
  }
  num_awaited_ = std::max(num_awaited_, end);
  return true;
}

const Instruction* BulkGroups::find_unawaited() const {
  for (size_t i = num_awaited_; i < groups_.size(); ++i) {
    if (groups_[i].last_copy) return groups_[i].last_copy;
  }
  return nullptr;
}

}  // namespace emulator
