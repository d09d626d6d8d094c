// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "emulator/core/lanes.h"

namespace emulator {
struct Cta;
struct Instruction;
class Warp;
}  // namespace emulator

namespace emulator::check {

class RaceChecker;
struct View;

// Work that a warp hands to a unit beside it: copies, tensor products. Units tell here what they
// access on its behalf, so that the race checker sees it. Empty, and free, while nothing is
// checked.
//
//   AsyncOperation operation = AsyncOperation::signalling(warp, instruction, lane, cta, mbarrier);
//   cluster.submit([=] { operation.read_global(from, n); operation.write_shared(cta, to, n); ...
//   });
class AsyncOperation {
 public:
  AsyncOperation() = default;

  // Work whose end an mbarrier counts: whoever waits for that phase knows of it. `offset` is that
  // of the barrier in the shared memory of `cta`.
  static AsyncOperation signalling(const Warp& warp, const Instruction& instruction, int lane,
                                   const Cta& cta, uint32_t offset);

  // Work of a group ("bulk copies", "wgmma", ...): the lane, or a warp as a whole with lane -1,
  // knows of it once it has waited for that group; groups are counted from 1.
  static AsyncOperation in_group(const Warp& warp, const Instruction& instruction, int lane,
                                 const char* unit, uint64_t group);

  // Work that a warpgroup hands over together: it is that of the first warp's unit. What comes
  // before it must be known to `warp` and to each warp that joins it, or to one that synchronises.
  static AsyncOperation of_warpgroup(const Warp& warp, const Warp& first,
                                     const Instruction& instruction, const char* unit,
                                     uint64_t group);
  void join(const Warp& warp) const;
  void synchronise(const Warp& warp) const;

  void read_shared(const Cta& cta, uint32_t offset, uint32_t bytes) const {
    if (issue_) access(&cta, offset, bytes, false);
  }
  void write_shared(const Cta& cta, uint32_t offset, uint32_t bytes) const {
    if (issue_) access(&cta, offset, bytes, true);
  }
  void read_global(uint64_t address, uint32_t bytes) const {
    if (issue_) access(nullptr, address, bytes, false);
  }
  void write_global(uint64_t address, uint32_t bytes) const {
    if (issue_) access(nullptr, address, bytes, true);
  }
  // Reductions are atomic: they do not conflict with each other.
  void reduce_shared(const Cta& cta, uint32_t offset, uint32_t bytes) const {
    if (issue_) access(&cta, offset, bytes, true, true);
  }
  void reduce_global(uint64_t address, uint32_t bytes) const {
    if (issue_) access(nullptr, address, bytes, true, true);
  }

 private:
  struct Issue;

  static std::shared_ptr<Issue> remember(const Warp& warp, const Instruction& instruction,
                                         int lane);
  void access(const Cta* cta, uint64_t address, uint32_t bytes, bool is_write,
              bool is_atomic = false) const;

  std::shared_ptr<Issue> issue_;
};

// The lanes have waited for the unit's groups up to this one.
void finish_groups(const Warp& warp, LaneMask lanes, const char* unit, uint64_t group);
// A warp has waited for groups that it, or the first warp of its warpgroup, issued as a whole.
void finish_warp_groups(const Warp& warp, const Warp& issuer, const char* unit, uint64_t group);

// What the lane knows of others by now; null while nothing is checked.
std::shared_ptr<const View> known_by(const Warp& warp, int lane);

// The end of the lane's groups up to this one is an arrival at an mbarrier (tcgen05.commit). They
// came after what the lane knew when it issued the last of them, and pass that on.
void signal_groups(const Warp& warp, int lane, const char* unit, uint64_t group,
                   const std::shared_ptr<const View>& known, const Cta& cta, uint32_t offset);

}  // namespace emulator::check
