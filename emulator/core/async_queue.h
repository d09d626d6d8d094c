// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <functional>

namespace emulator {

// Operations that hardware finishes on its own time: copies, tensor products, their signals. An
// operation reads its sources when it completes, so that overwriting them too early shows.
class AsyncQueue {
 public:
  using Operation = std::function<void()>;

  void submit(Operation operation) { operations_.push_back(std::move(operation)); }

  bool is_empty() const { return operations_.empty(); }

  // Completes the oldest operation; false when there is none.
  bool complete_one() {
    if (operations_.empty()) return false;
    const Operation operation = std::move(operations_.front());
    operations_.pop_front();
    operation();
    return true;
  }

  void complete_all() {
    while (complete_one()) {
    }
  }

 private:
  std::deque<Operation> operations_;
};

}  // namespace emulator
