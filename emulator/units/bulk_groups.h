// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emulator {

struct Instruction;

// The bulk async-groups of one thread (ISA 9.7.9.25.1.1). Copies join the open group; a commit
// closes it. What a group has read may be overwritten before its writes are done, so that both are
// counted.
class BulkGroups {
 public:
  using Group = size_t;

  // A copy begins. It reports to its group when it has read its sources and when it has written.
  Group begin_copy(const Instruction& instruction);
  void finish_read(Group group) { --groups_[group].num_reads; }
  void finish_write(Group group) { --groups_[group].num_writes; }

  void commit();
  uint64_t num_committed() const { return groups_.size() - 1; }

  enum class Stage { kRead, kWritten };
  // Whether all committed groups but the `allowed` newest have come so far. When they have, the
  // thread knows it from now on.
  bool wait(uint64_t allowed, Stage stage);

  // A copy whose source the thread has never waited for; null when there is none.
  const Instruction* find_unawaited() const;

 private:
  struct State {
    uint32_t num_reads = 0;
    uint32_t num_writes = 0;
    const Instruction* last_copy = nullptr;  // null: the group is empty
  };

  std::vector<State> groups_{State{}};  // the last one is open
  size_t num_awaited_ = 0;              // groups whose reads the thread has waited for
  size_t num_written_ = 0;              // groups that are known to have written
};

}  // namespace emulator
