// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/access_check.h"

#include <algorithm>

namespace emulator::check {
namespace {

const char* verb(const Record& record) {
  if (record.is_write && record.is_strong) return "a strong write";
  if (record.is_write) return "a write";
  return record.is_strong ? "a strong read" : "a read";
}

bool is_one_lane(LaneMask lanes) {
  return (lanes & (lanes - 1)) == 0;
}

}  // namespace

void AccessCheck::check(MemoryAccess& access, const Location& location, uint32_t size) {
  Shadow& shadow = state_.shadow_of(location);
  const auto relation_to = [&](const Record& old) { return relation(old, access); };
  const uint64_t end = location.address + size;
  for (uint64_t at = location.address; at < end;) {
    const uint64_t first_byte = at % kCellBytes;
    const uint64_t count = std::min(kCellBytes - first_byte, end - at);
    access.record.bytes = static_cast<uint8_t>(((1u << count) - 1) << first_byte);
    if (const Record* old = shadow.cell(at / kCellBytes).add(access.record, relation_to)) {
      report(access, *old, location, size);
    }
    at += count;
  }
}

bool AccessCheck::is_ordered(const Record& old, const MemoryAccess& access) {
  LaneMask lanes = old.lanes;
  if (old.agent == access.issuer && old.time <= access.issue_time) {
    // A lane's own accesses come in program order.
    if (is_one_lane(access.issuer_lanes)) lanes &= ~access.issuer_lanes;
    if (lanes == 0) return true;
  }
  const auto is_known = [&](const View& view) { return knows(view, old.agent, lanes, old.time); };
  return is_known(*access.view) &&
         std::ranges::all_of(access.other_views, [&](const auto& view) { return is_known(*view); });
}

bool AccessCheck::knows(const View& view, Agent agent, LaneMask lanes, Time time) {
  if (&view != known_.view || agent != known_.agent) {
    known_ = {&view, agent, view.known.time_of_all(agent)};
  }
  return time <= known_.time || view.known.knows(agent, lanes, time);
}

bool AccessCheck::is_fenced(const Record& old, const MemoryAccess& access) {
  const auto knows = [&](const View& view) {
    return view.fenced.knows(old.agent, old.lanes, old.time);
  };
  return knows(*access.view) &&
         std::ranges::all_of(access.other_views, [&](const auto& view) { return knows(*view); });
}

Relation AccessCheck::relation(const Record& old, const MemoryAccess& access) {
  const Record& record = access.record;
  if (!is_ordered(old, access)) {
    // Lanes that write to one place in one instruction are not told apart.
    const bool is_same_instruction =
        old.agent == record.agent && old.time == record.time && old.site == record.site;
    if (is_same_instruction || are_both_strong(old, record)) return Relation::kHarmless;
    found_ = is_glance(old, record) ? RaceLevel::kPedantic : RaceLevel::kError;
    return found_ <= level_ ? Relation::kConflict : Relation::kHarmless;
  }
  if (record.is_async && !old.is_async) {
    found_ = old.is_write ? RaceLevel::kProxy : RaceLevel::kPedantic;
    if (found_ <= level_ && !is_fenced(old, access)) return Relation::kConflict;
  }
  return Relation::kOrdered;
}

// An ordinary read of a word that others change as one, as in front of an atomicCAS loop, sees an
// old or a new value; whatever else it reads on the strength of it is a race of its own.
bool AccessCheck::is_glance(const Record& old, const Record& access) {
  const Record& read = old.is_write ? access : old;
  const Record& write = old.is_write ? old : access;
  return !read.is_write && !read.is_async && write.is_strong && read.bytes == write.bytes;
}

// Strong operations never race when the scope of each one includes the other's thread.
bool AccessCheck::are_both_strong(const Record& old, const Record& access) const {
  if (!old.is_strong || !access.is_strong) return false;
  const AgentInfo& a = state_.agent(old.agent);
  const AgentInfo& b = state_.agent(access.agent);
  const auto needed = a.cta == b.cta           ? Scope::kCta
                      : a.cluster == b.cluster ? Scope::kCluster
                                               : Scope::kGpu;
  return std::min(old.scope, access.scope) >= needed;
}

void AccessCheck::report(const MemoryAccess& access, const Record& old, const Location& location,
                         uint32_t size) {
  const Instruction& instruction = program_.code[old.site];
  const AgentInfo& agent = state_.agent(old.agent);
  std::string text = std::string(verb(access.record)) + " of " + std::to_string(size) +
                     " bytes, after " + verb(old) + " that ";
  text += is_ordered(old, access) ? "is ordered before it, but without fence.proxy.async"
                                  : "nothing orders before it";
  if (location.cta) {
    text += "\n    memory: shared, " +
            program_.shared_name(static_cast<uint32_t>(location.address)) + " of CTA rank " +
            std::to_string(location.cta->rank);
  }
  text += "\n    earlier: PTX line " + std::to_string(instruction.line) + ": " +
          program_.module->line_text(instruction.line);
  const std::string source = program_.module->source_place(instruction.location);
  if (!source.empty()) text += " (" + source + ")";
  text += ", CTA (" + std::to_string(agent.cta.x) + ", " + std::to_string(agent.cta.y) + ", " +
          std::to_string(agent.cta.z) + "), " + agent.name;
  if (!is_one_lane(~old.lanes)) text += ", lane " + std::to_string(lowest_lane(old.lanes));
  const auto kind = is_ordered(old, access) ? FaultKind::kMissingProxyFence : FaultKind::kRace;
  access.warp->fail(kind, *access.instruction, text, access.lane, location.address);
}

}  // namespace emulator::check
