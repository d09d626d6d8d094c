// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <unordered_map>

#include "emulator/check/memory_effect.h"
#include "emulator/core/grid.h"
#include "emulator/core/observer.h"
#include "emulator/report.h"

namespace emulator::check {

// An access to global memory by a grid while one in front of it is not complete.
struct EarlyAccess {
  uint32_t position = 0;  // of its grid: see GridOrder
  bool is_write = false;
  FaultPlace place;
};

// What grids that overlap have accessed early, by 4 bytes of memory. For each word the first read
// and the first write are kept.
class EarlyAccesses {
 public:
  bool is_empty() const { return reads_.empty() && writes_.empty(); }
  void add(uint64_t address, const EarlyAccess& access);
  bool has(uint64_t address, bool is_write) const;
  // An access of a later grid that a read or write of the grid at `position` conflicts with.
  const EarlyAccess* find_conflict(uint64_t address, uint32_t position, bool is_write) const;

 private:
  std::unordered_map<uint64_t, EarlyAccess> reads_;
  std::unordered_map<uint64_t, EarlyAccess> writes_;
};

// Watches one grid of a row that overlaps: notes what it does early, and reports when it touches
// what a later grid has touched early.
class DependencyCheck final : public Observer {
 public:
  explicit DependencyCheck(Grid& grid);

  void before(Warp& warp, const Instruction& instruction, LaneMask lanes) override;
  void on_async_global(const Warp& warp, const Instruction& instruction, int lane, uint64_t address,
                       uint64_t bytes, bool is_write) override;

 private:
  void access(const Warp& warp, const Instruction& instruction, int lane, uint64_t address,
              uint64_t bytes, bool is_write);
  void note(const Warp& warp, const Instruction& instruction, int lane, uint64_t address,
            bool is_write);
  [[noreturn]] void report(const EarlyAccess& early, const Warp& warp,
                           const Instruction& instruction, bool is_write) const;

  Grid& grid_;
  EarlyAccesses& early_;
  std::vector<MemoryEffect> effects_;
};

}  // namespace emulator::check
