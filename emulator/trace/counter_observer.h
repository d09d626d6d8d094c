// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/check/memory_effect.h"
#include "emulator/core/observer.h"
#include "emulator/trace/bank_conflicts.h"
#include "emulator/trace/counters.h"

namespace emulator::trace {

// Counts what the warps of one host thread do, and hands the sums to the log when it is destroyed.
class CounterObserver final : public Observer {
 public:
  CounterObserver(const Grid& grid, CounterLog& log);
  ~CounterObserver() override;

  void before(Warp& warp, const Instruction& instruction, LaneMask lanes) override;
  void after(Warp& warp, const Instruction& instruction, LaneMask lanes, Outcome outcome) override;
  void on_async_global(const Warp& warp, const Instruction& instruction, int lane, uint64_t address,
                       uint64_t bytes, bool is_write) override;

 private:
  void count_access(Warp& warp, const Instruction& instruction, LaneMask lanes,
                    const check::MemoryEffect& effect, WarpCounters& counters);

  const Grid& grid_;
  CounterLog& log_;
  std::vector<Pipe> pipes_;
  std::vector<check::MemoryEffect> effects_;
  LaunchCounters counters_;
  bool was_waiting_ = false;
};

}  // namespace emulator::trace
