// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/warp.h"

#include <algorithm>
#include <cstring>

#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"
#include "emulator/core/special_value.h"

namespace emulator {
namespace {

constexpr size_t kAlignment = 64;
constexpr int kPoison = 0xcd;

}  // namespace

Warp::Warp(Cta& cta, const Program& program, uint32_t id, LaneMask lanes)
    : cta_(cta), program_(program), id_(id), live_lanes_(lanes) {
  const size_t bytes = size_t{program.num_slots} * kSlotBytes;
  storage_ = std::make_unique_for_overwrite<uint8_t[]>(bytes + kAlignment);
  const auto address = reinterpret_cast<uintptr_t>(storage_.get());
  banks_[0] = storage_.get() + (kAlignment - address % kAlignment) % kAlignment;
  banks_[1] = const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(program.constants.data()));
  std::memset(banks_[0], kPoison, bytes);
  predicates_.assign(program.num_predicates, 0);
  predicates_[0] = kAllLanes;
  local_.assign(size_t{program.local_bytes} * kWarpSize, kPoison);
  initialised_slots_.assign(program.num_slots, 0);
  initialised_predicates_.assign(program.num_predicates, 0);
  if (program.has_asynchronous_registers) claims.resize(program.num_slots);
  groups_.reserve(2 * kWarpSize);  // references to groups stay valid while lanes split
  groups_.push_back({0, lanes, {}});
}

void Warp::fill_initial_rows() {
  for (const InitialRow& initial : program_.initial_rows) {
    for (int lane = 0; lane < kWarpSize; ++lane) {
      const uint64_t value = initial.kind == InitialRow::Kind::kSharedAddress
                                 ? (cta_.rank << kSharedRankShift) | initial.shared_offset
                                 : special_value(*this, initial.special, lane);
      if (initial.row.bank == Bank::kPredicates) {
        set_predicate(initial.row, LaneMask{1} << lane, value ? kAllLanes : 0);
      } else if (initial.row.is_wide) {
        words<uint64_t>(initial.row)[lane] = value;
      } else {
        words<uint32_t>(initial.row)[lane] = static_cast<uint32_t>(value);
      }
    }
  }
}

void Warp::regroup() {
  std::erase_if(groups_, [](const LaneGroup& group) { return group.lanes == 0; });
  std::ranges::stable_sort(groups_, {}, &LaneGroup::pc);
  size_t kept = 0;
  for (size_t i = 1; i < groups_.size(); ++i) {
    LaneGroup& last = groups_[kept];
    // Lanes that have already arrived at a barrier stay apart from those that have not.
    const bool can_join =
        last.pc == groups_[i].pc && !last.wait.is_active() && !groups_[i].wait.is_active();
    if (can_join) {
      last.lanes |= groups_[i].lanes;
    } else {
      groups_[++kept] = groups_[i];
    }
  }
  if (!groups_.empty()) groups_.resize(kept + 1);
}

void Warp::end_lanes(LaneMask lanes) {
  live_lanes_ &= ~lanes;
}

LaneMask& Warp::initialised_lanes(const Row& row) {
  return row.bank == Bank::kPredicates ? initialised_predicates_[row.offset]
                                       : initialised_slots_[row.offset / kSlotBytes];
}

LaneMask Warp::missing_lanes(const Row& row) {
  return row.is_tracked ? ~initialised_lanes(row) : 0;
}

// Lanes whose result would rest on something missing.
LaneMask Warp::missing_after(const Instruction& instruction) {
  const Row* sources = instruction.operands + instruction.num_destinations;
  const LaneMask a = missing_lanes(sources[0]);
  switch (instruction.missing_use) {
    case ptx::MissingUse::kSelect: {
      const LaneMask chooses_a = predicate(sources[2]);
      const LaneMask b = missing_lanes(sources[1]);
      return missing_lanes(sources[2]) | (a & chooses_a) | (b & ~chooses_a);
    }
    case ptx::MissingUse::kAnd:
    case ptx::MissingUse::kOr: {
      const LaneMask decides = instruction.missing_use == ptx::MissingUse::kOr ? 0 : kAllLanes;
      const LaneMask b = missing_lanes(sources[1]);
      const LaneMask a_decides = ~a & (predicate(sources[0]) ^ decides);
      const LaneMask b_decides = ~b & (predicate(sources[1]) ^ decides);
      return (a | b) & ~a_decides & ~b_decides;
    }
    default: break;
  }
  LaneMask missing = 0;
  for (int i = instruction.num_destinations; i < instruction.num_operands; ++i) {
    missing |= missing_lanes(instruction.operands[i]);
  }
  return missing;
}

LaneMask Warp::check_reads(const Instruction& instruction, LaneMask lanes) {
  if (instruction.missing_use != ptx::MissingUse::kReport) return missing_after(instruction);
  for (int i = instruction.num_destinations; i < instruction.num_operands; ++i) {
    const LaneMask missing = lanes & missing_lanes(instruction.operands[i]);
    if (missing != 0) {
      fail(FaultKind::kUninitialisedRegister, instruction,
           "operand " + std::to_string(i + 1) + " is read before anything was written to it",
           lowest_lane(missing));
    }
  }
  return 0;
}

void Warp::mark_writes(const Instruction& instruction, LaneMask lanes, LaneMask missing) {
  for (int i = 0; i < instruction.num_destinations; ++i) {
    const Row& row = instruction.operands[i];
    if (row.is_asynchronous) claims.note_write(row.offset / kSlotBytes, instruction, num_executed);
    if (!row.is_tracked) continue;
    LaneMask& initialised = initialised_lanes(row);
    initialised = (initialised & ~lanes) | (lanes & ~missing);
  }
}

void Warp::check_claims(const Instruction& instruction, LaneMask lanes) const {
  for (int i = 0; i < instruction.num_operands; ++i) {
    const Row& row = instruction.operands[i];
    if (!row.is_asynchronous) continue;
    const bool is_write = i < instruction.num_destinations;
    const RegisterClaim* claim = claims.find_conflict(row.offset / kSlotBytes, is_write);
    if (!claim) continue;
    fail(FaultKind::kAsyncMisuse, instruction,
         "operand " + std::to_string(i + 1) + (is_write ? " is written" : " is read") +
             " while the " +
             claim->owner->form->text.substr(0, claim->owner->form->text.find('.')) +
             " of PTX line " + std::to_string(claim->owner->line) +
             " uses it; the warp has not waited for that",
         lowest_lane(lanes));
  }
}

void Warp::check_guard(const Instruction& instruction, LaneMask lanes) {
  const LaneMask missing = lanes & ~initialised_predicates_[instruction.guard];
  if (missing == 0) return;
  fail(FaultKind::kUninitialisedRegister, instruction,
       "the guard is read before anything was written to it", lowest_lane(missing));
}

FaultPlace Warp::place(const Instruction& instruction) const {
  FaultPlace place;
  place.kernel = program_.kernel->name;
  place.ptx_line = instruction.line;
  place.ptx_text = program_.module->line_text(instruction.line);
  place.source = program_.module->source_place(instruction.location);
  place.cta[0] = cta_.id.x;
  place.cta[1] = cta_.id.y;
  place.cta[2] = cta_.id.z;
  place.warp = id_;
  return place;
}

void Warp::fail(FaultKind kind, const Instruction& instruction, const std::string& message,
                int lane, uint64_t address) const {
  FaultPlace where = place(instruction);
  where.lane = lane;
  where.address = address;
  throw Fault(kind, std::move(where), message);
}

}  // namespace emulator
