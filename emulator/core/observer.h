// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/lanes.h"
#include "emulator/core/program.h"

namespace emulator {

class Cluster;
class Warp;

// Sees every instruction that a host thread runs. A launch has none unless a check or a count asks
// for it, and then pays nothing for the possibility.
class Observer {
 public:
  virtual ~Observer() = default;

  virtual void before(Warp&, const Instruction&, LaneMask) {}
  // A stalled instruction is seen again each time that it is tried.
  virtual void after(Warp&, const Instruction&, LaneMask, Outcome) {}
  // A unit reads or writes global memory for an instruction that was issued before.
  virtual void on_async_global(const Warp&, const Instruction&, int /*lane*/, uint64_t /*address*/,
                               uint64_t /*bytes*/, bool /*is_write*/) {}
  virtual void on_cluster_end(Cluster&) {}
};

}  // namespace emulator
