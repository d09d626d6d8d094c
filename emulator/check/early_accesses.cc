// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/early_accesses.h"

#include "emulator/check/race_state.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator::check {
namespace {

constexpr uint64_t kWordBytes = 4;

bool writes_memory(Effect effect) {
  return effect == Effect::kStore || effect == Effect::kAtomic;
}

}  // namespace

bool EarlyAccesses::has(uint64_t address, bool is_write) const {
  return (is_write ? writes_ : reads_).contains(address / kWordBytes);
}

void EarlyAccesses::add(uint64_t address, const EarlyAccess& access) {
  (access.is_write ? writes_ : reads_).try_emplace(address / kWordBytes, access);
}

const EarlyAccess* EarlyAccesses::find_conflict(uint64_t address, uint32_t position,
                                                bool is_write) const {
  const auto find = [&](const auto& accesses) -> const EarlyAccess* {
    const auto it = accesses.find(address / kWordBytes);
    return it != accesses.end() && it->second.position > position ? &it->second : nullptr;
  };
  if (const EarlyAccess* write = find(writes_)) return write;
  return is_write ? find(reads_) : nullptr;
}

DependencyCheck::DependencyCheck(Grid& grid)
    : grid_(grid),
      early_(*grid.order.early_accesses),
      effects_(find_memory_effects(grid.program())) {}

void DependencyCheck::before(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const MemoryEffect& effect =
      effects_[static_cast<size_t>(&instruction - warp.program().code.data())];
  const bool is_copy = effect.effect == Effect::kCopyAsync;
  const bool is_access = effect.effect == Effect::kLoad || writes_memory(effect.effect);
  if (!is_access && !is_copy) return;
  // cp.async [shared], [global]
  const Row& row = instruction.operands[is_copy ? 1 : instruction.num_destinations];
  const ptx::StateSpace space = is_copy ? ptx::StateSpace::kGlobal : effect.space;
  for_each_lane(lanes, [&](int lane) {
    Location location;
    const bool exists = locate(warp, space, read_address(warp, row, lane), effect.size, location);
    if (!exists || location.cta) return;
    access(warp, instruction, lane, location.address, is_copy ? kWordBytes : effect.size,
           writes_memory(effect.effect));
  });
}

void DependencyCheck::on_async_global(const Warp& warp, const Instruction& instruction, int lane,
                                      uint64_t address, uint64_t bytes, bool is_write) {
  access(warp, instruction, lane, address, bytes, is_write);
}

void DependencyCheck::access(const Warp& warp, const Instruction& instruction, int lane,
                             uint64_t address, uint64_t bytes, bool is_write) {
  const uint64_t end = address + bytes;
  for (uint64_t at = address / kWordBytes * kWordBytes; at < end; at += kWordBytes) {
    const EarlyAccess* early = early_.find_conflict(at, grid_.order.position, is_write);
    if (early) report(*early, warp, instruction, is_write);
    if (grid_.runs_ahead) note(warp, instruction, lane, at, is_write);
  }
}

void DependencyCheck::note(const Warp& warp, const Instruction& instruction, int lane,
                           uint64_t address, bool is_write) {
  if (early_.has(address, is_write)) return;
  EarlyAccess access{grid_.order.position, is_write, warp.place(instruction)};
  access.place.lane = lane;
  access.place.address = address;
  early_.add(address, access);
}

// The early access is to blame, not the one that found it.
void DependencyCheck::report(const EarlyAccess& early, const Warp& warp,
                             const Instruction& instruction, bool is_write) const {
  const FaultPlace other = warp.place(instruction);
  std::string text = early.is_write ? "a write" : "a read";
  text +=
      " before griddepcontrol.wait has told that the grids in front are complete, of memory "
      "that one of them ";
  text += is_write ? "writes" : "reads";
  text += "\n    there: kernel " + other.kernel + ", PTX line " + std::to_string(other.ptx_line) +
          ": " + other.ptx_text;
  if (!other.source.empty()) text += " (" + other.source + ")";
  throw Fault(FaultKind::kGridDependency, early.place, text);
}

}  // namespace emulator::check
