// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>

namespace mla {

// The plans made last, by problem and device. Planning is pure but takes as long as a launch, and
// the layers of a model ask for the same plan one after another. Safe from several threads.
template <typename Problem, typename Plan>
class PlanMemo {
 public:
  // The plan for a problem; `make` makes the ones that are not remembered, and may throw.
  template <typename Make>
  Plan find_or_make(const Problem& problem, int ordinal, Make&& make) {
    const std::lock_guard lock(mutex_);
    for (const std::optional<Entry>& entry : entries_) {
      if (entry && entry->ordinal == ordinal && entry->problem == problem) return entry->plan;
    }
    std::optional<Entry>& oldest = entries_[next_];
    oldest = Entry{problem, ordinal, make()};
    next_ = (next_ + 1) % kCapacity;
    return oldest->plan;
  }

 private:
  // A step of a server has a handful: a target and a draft model, prefill beside decode.
  static constexpr std::size_t kCapacity = 8;

  struct Entry {
    Problem problem;
    int ordinal;
    Plan plan;
  };

  std::mutex mutex_;
  std::array<std::optional<Entry>, kCapacity> entries_;
  std::size_t next_ = 0;
};

}  // namespace mla
