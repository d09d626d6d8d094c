// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/check/access_check.h"
#include "emulator/check/address_groups.h"
#include "emulator/check/memory_effect.h"
#include "emulator/core/observer.h"

namespace emulator::check {

// Follows what every lane and every asynchronous unit can know about the accesses of the others,
// and reports two that may come in either order although one of them writes.
class RaceChecker final : public Observer {
 public:
  RaceChecker(const Program& program, RaceLevel level);

  void before(Warp& warp, const Instruction& instruction, LaneMask lanes) override;
  void after(Warp& warp, const Instruction& instruction, LaneMask lanes, Outcome outcome) override;
  void on_cluster_end(Cluster& cluster) override { state_.forget(cluster); }

  RaceState& state() { return state_; }
  AccessCheck& accesses() { return accesses_; }
  uint32_t site_of(const Instruction& instruction) const {
    return static_cast<uint32_t>(&instruction - program_.code.data());
  }

 private:
  // The instruction that is running.
  struct Step {
    Warp& warp;
    const Instruction& instruction;
    LaneMask lanes;
    Outcome outcome;
    const MemoryEffect& effect;
    WarpView& view;
  };

  void access_memory(const Step& step);
  MemoryAccess memory_access(const Step& step);
  void check_lanes(const Step& step, MemoryAccess& access, LaneMask lanes,
                   const Location& location);
  void publish(const Step& step, LaneMask lanes, const Location& location);
  void copy(const Step& step);
  void wait_for_copies(const Step& step);
  void arrive_after_copies(const Step& step);
  void follow_barriers(Warp& warp, const Instruction& instruction, LaneMask lanes,
                       const MemoryEffect& effect);
  void synchronise(const Step& step);
  void pass_barrier(const Step& step);
  void pass_cluster_barrier(const Step& step);
  void arrive(const Step& step, LaneMask lanes, SyncObject& object) const;
  void use_mbarrier(const Step& step, LaneMask lanes, const Location& location);

  const Program& program_;
  RaceState state_;
  AccessCheck accesses_;
  std::vector<MemoryEffect> effects_;
  // Taken before the instruction runs, which may overwrite its own address or open a barrier.
  std::array<uint64_t, kWarpSize> addresses_{};
  AddressGroups groups_;
  bool is_waiting_ = false;
  uint32_t barrier_ = 0;
};

}  // namespace emulator::check
