// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace emulator {

// Operations that hardware finishes on its own time: copies, tensor products, their signals. An
// operation reads its sources when it completes, so that overwriting them too early shows.
// Operations of one pipe complete in the order in which they were submitted; pipes do not wait for
// each other.
class AsyncQueue {
 public:
  using Operation = std::function<void()>;
  using Pipe = uint64_t;
  static constexpr Pipe kMainPipe = 0;

  // A pipe of its own for an operation that keeps no order with others.
  Pipe new_pipe() { return ++last_pipe_; }

  void submit(Pipe pipe, Operation operation) { entries_.push_back({pipe, std::move(operation)}); }

  bool is_empty() const { return entries_.empty(); }
  bool is_empty(Pipe pipe) const {
    return std::ranges::none_of(entries_, [&](const Entry& e) { return e.pipe == pipe; });
  }

  // Completes one of the operations that are first in their pipes: the one that choose(count)
  // picks, the oldest being 0. False when there is none.
  template <typename Choose>
  bool complete_one(Choose&& choose) {
    if (entries_.empty()) return false;
    const std::vector<size_t> ready = find_ready();
    complete(ready[choose(ready.size())]);
    return true;
  }
  // Completes the oldest operation of the pipe, if there is one.
  void complete_first(Pipe pipe) {
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].pipe == pipe) return complete(i);
    }
  }
  void complete_all() {
    while (!entries_.empty()) complete(0);
  }

 private:
  struct Entry {
    Pipe pipe;
    Operation operation;
  };

  std::vector<size_t> find_ready() const {
    std::vector<size_t> ready;
    for (size_t i = 0; i < entries_.size(); ++i) {
      const auto has_same_pipe = [&](size_t earlier) {
        return entries_[earlier].pipe == entries_[i].pipe;
      };
      if (std::ranges::none_of(ready, has_same_pipe)) ready.push_back(i);
    }
    return ready;
  }

  // The operation may submit others, so that it leaves the queue before it runs.
  void complete(size_t index) {
    const Operation operation = std::move(entries_[index].operation);
    entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(index));
    operation();
  }

  std::deque<Entry> entries_;
  Pipe last_pipe_ = kMainPipe;
};

}  // namespace emulator
