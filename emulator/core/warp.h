// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emulator/core/lanes.h"
#include "emulator/core/program.h"
#include "emulator/core/register_claims.h"
#include "emulator/report.h"
#include "emulator/units/bulk_groups.h"
#include "emulator/units/wgmma_queue.h"

namespace emulator {

struct Cta;

// What lanes at a blocking instruction wait for; the instruction that set it reads it again.
struct Wait {
  enum class Kind : uint8_t {
    kNone,
    kNamedBarrier,
    kClusterBarrier,
    kMbarrier,
    kWarpSync,
    kTensorMemory,
    kGridDependency,
    kBulkGroup,
    kWgmma,
    kRegisterPool
  } kind = Kind::kNone;
  // Barrier number, offset of an mbarrier, columns of tensor memory, or number of registers.
  uint32_t id = 0;
  uint64_t ticket = 0;  // the generation, phase or parity that was current on arrival

  bool is_active() const { return kind != Kind::kNone; }
};

// Lanes that are at the same instruction.
struct LaneGroup {
  uint32_t pc = 0;
  LaneMask lanes = 0;
  Wait wait;
};

// A non-bulk asynchronous copy that a lane has issued and not yet waited for.
struct PendingCopy {
  int lane = 0;
  uint64_t group = 0;  // the lane's commit group
  uint8_t* destination = nullptr;
  const uint8_t* source = nullptr;
  uint32_t num_bytes = 0;         // written
  uint32_t num_source_bytes = 0;  // read; the rest is zeros
};

// 32 lanes, their registers and where each of them is in the program. Registers are stored one row
// of 32 lanes after the other, so that an instruction is a loop over two or three rows.
class Warp {
 public:
  Warp(Cta& cta, const Program& program, uint32_t id, LaneMask lanes);
  Warp(const Warp&) = delete;
  Warp& operator=(const Warp&) = delete;

  void fill_initial_rows();

  Cta& cta() const { return cta_; }
  const Program& program() const { return program_; }
  uint32_t id() const { return id_; }
  LaneMask live_lanes() const { return live_lanes_; }
  bool is_finished() const { return live_lanes_ == 0; }

  // The 32 words of a register or constant row; Word is uint32_t, or uint64_t when Row::is_wide.
  template <typename Word>
  Word* words(const Row& row) const {
    return reinterpret_cast<Word*>(banks_[static_cast<size_t>(row.bank)] + row.offset);
  }

  LaneMask predicate(uint32_t number) const { return predicates_[number]; }
  LaneMask predicate(const Row& row) const {
    return predicates_[row.offset] ^ (row.is_negated ? kAllLanes : 0);
  }
  // Writes the lanes of `lanes` from `values`.
  void set_predicate(const Row& row, LaneMask lanes, LaneMask values) {
    LaneMask& bits = predicates_[row.offset];
    bits = (bits & ~lanes) | (values & lanes);
  }

  uint8_t* local_memory(int lane) {
    return local_.data() + static_cast<size_t>(lane) * program_.local_bytes;
  }

  // The groups of lanes, lowest instruction first; `current` is the one that is running.
  std::vector<LaneGroup>& groups() { return groups_; }
  LaneGroup& current() { return groups_[current_]; }
  void set_current(size_t group) { current_ = group; }
  // Puts groups in order again and joins those that have met.
  void regroup();
  void end_lanes(LaneMask lanes);
  size_t first_group = 0;  // where the next turn begins, so that no group starves

  // Registers that may hold what was never written are followed lane by lane. Returns the lanes
  // whose result rests on such a value; fails where the instruction may not use one.
  LaneMask check_reads(const Instruction& instruction, LaneMask lanes);
  void mark_writes(const Instruction& instruction, LaneMask lanes, LaneMask missing);
  void check_guard(const Instruction& instruction, LaneMask lanes);
  // Registers of asynchronous operations must be left alone until the warp has waited for them.
  void check_claims(const Instruction& instruction, LaneMask lanes) const;

  [[noreturn]] void fail(FaultKind kind, const Instruction& instruction, const std::string& message,
                         int lane = -1, uint64_t address = 0) const;
  FaultPlace place(const Instruction& instruction) const;

  uint64_t num_executed = 0;

  // State of instructions that span several executions.
  std::array<LaneMask, 16> arrived_at_barrier{};  // lanes of this warp, for each named barrier
  LaneMask arrived_at_cluster_barrier = 0;
  uint64_t cluster_ticket = 0;
  LaneMask arrived_at_warp_sync = 0;
  uint64_t warp_sync_generation = 0;
  std::vector<PendingCopy> pending_copies;
  std::array<uint64_t, kWarpSize> copy_group{};
  LaneMask carries = 0;                   // the carry of each lane (CC.CF)
  std::map<int, BulkGroups> bulk_groups;  // of the lanes that have issued bulk copies
  RegisterClaims claims;
  WgmmaProgress wgmma;
  uint32_t num_registers = 0;               // per thread, as setmaxnreg counts them
  std::vector<uint32_t> register_requests;  // of the setmaxnreg that were executed

 private:
  LaneMask& initialised_lanes(const Row& row);
  LaneMask missing_lanes(const Row& row);
  LaneMask missing_after(const Instruction& instruction);

  Cta& cta_;
  const Program& program_;
  uint32_t id_;
  LaneMask live_lanes_;
  std::unique_ptr<uint8_t[]> storage_;
  std::array<uint8_t*, 2> banks_{};  // registers, constants
  std::vector<LaneMask> predicates_;
  std::vector<LaneGroup> groups_;
  size_t current_ = 0;
  std::vector<uint8_t> local_;
  std::vector<LaneMask> initialised_slots_;
  std::vector<LaneMask> initialised_predicates_;
};

}  // namespace emulator
