// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "emulator/check/race_level.h"
#include "emulator/check/race_state.h"

namespace emulator::check {

// One access and what is known where it is made.
struct MemoryAccess {
  const Warp* warp = nullptr;  // that executes the instruction
  const Instruction* instruction = nullptr;
  int lane = 0;
  Record record;               // as it will be remembered; `bytes` is filled in for each cell
  const View* view = nullptr;  // of the lanes when they executed the instruction
  std::span<const ViewPointer> other_views;  // of other warps, where several issue it together
  Agent issuer = 0;                          // the agent of the warp
  LaneMask issuer_lanes = 0;
  Time issue_time = 0;
};

// Checks accesses against the remembered ones and throws a Fault that names both places.
class AccessCheck {
 public:
  AccessCheck(RaceState& state, const Program& program, RaceLevel level)
      : state_(state), program_(program), level_(level) {}

  // Before the accesses of an instruction: views that lived before may be gone.
  void begin() { known_ = {}; }
  void check(MemoryAccess& access, const Location& location, uint32_t size);

 private:
  Relation relation(const Record& old, const MemoryAccess& access);
  bool is_ordered(const Record& old, const MemoryAccess& access);
  bool knows(const View& view, Agent agent, LaneMask lanes, Time time);
  static bool is_fenced(const Record& old, const MemoryAccess& access);
  static bool is_glance(const Record& old, const Record& access);
  bool are_both_strong(const Record& old, const Record& access) const;
  [[noreturn]] void report(const MemoryAccess& access, const Record& old, const Location& location,
                           uint32_t size);

  RaceState& state_;
  const Program& program_;
  RaceLevel level_;
  // The last that was looked up: up to which time all lanes of an agent are known to a view. Most
  // of the bytes that an instruction touches were written together.
  struct {
    const View* view = nullptr;
    Agent agent = 0;
    int64_t time = -1;
  } known_;
  RaceLevel found_ = RaceLevel::kOff;  // what the last conflict is
};

}  // namespace emulator::check
