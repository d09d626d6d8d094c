// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/trace/counter_observer.h"

#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator::trace {
namespace {

using check::Effect;

bool is_shared(ptx::StateSpace space, uint64_t address) {
  return space == ptx::StateSpace::kShared ||
         (space == ptx::StateSpace::kGeneric && is_in_window(address, kSharedWindow));
}

}  // namespace

CounterObserver::CounterObserver(const Grid& grid, CounterLog& log)
    : grid_(grid),
      log_(log),
      pipes_(find_pipes(grid.program())),
      effects_(check::find_memory_effects(grid.program())) {
  const Launch& launch = grid.launch;
  counters_ = {grid.program().kernel->name, launch.grid, launch.block, launch.cluster, {}};
  counters_.warps.resize((launch.block.count() + kWarpSize - 1) / kWarpSize);
  for (WarpCounters& warp : counters_.warps) warp.has_run.resize(pipes_.size());
}

CounterObserver::~CounterObserver() {
  log_.add(grid_.id, counters_);
}

// Accesses are counted before the instruction runs, which may overwrite its own address.
void CounterObserver::before(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const auto index = static_cast<size_t>(&instruction - warp.program().code.data());
  was_waiting_ = warp.current().wait.is_active();
  switch (effects_[index].effect) {
    case Effect::kLoad:
    case Effect::kStore:
    case Effect::kAtomic:
      count_access(warp, instruction, lanes, effects_[index], counters_.warps[warp.id()]);
      break;
    default: break;
  }
}

void CounterObserver::after(Warp& warp, const Instruction& instruction, LaneMask lanes,
                            Outcome outcome) {
  WarpCounters& counters = counters_.warps[warp.id()];
  if (outcome == Outcome::kStall || outcome == Outcome::kRetry) {
    if (!was_waiting_ && outcome == Outcome::kStall) ++counters.barrier_waits;
    return;
  }
  const auto index = static_cast<size_t>(&instruction - warp.program().code.data());
  const Pipe pipe = pipes_[index];
  ++counters.warp_instructions[static_cast<size_t>(pipe)];
  counters.thread_instructions += static_cast<uint64_t>(num_lanes(lanes));
  counters.has_run[index] = true;
  if (pipe == Pipe::kTensor) ++counters.tensor_instructions[instruction.form->text];
}

void CounterObserver::count_access(Warp& warp, const Instruction& instruction, LaneMask lanes,
                                   const check::MemoryEffect& effect, WarpCounters& counters) {
  const Row& row = instruction.operands[instruction.num_destinations];
  LaneAddresses addresses{};
  for_each_lane(lanes, [&](int lane) {
    addresses[static_cast<size_t>(lane)] = read_address(warp, row, lane);
  });
  const uint64_t bytes = static_cast<uint64_t>(num_lanes(lanes)) * effect.size;
  const bool is_load = effect.effect == Effect::kLoad;
  if (is_shared(effect.space, addresses[static_cast<size_t>(lowest_lane(lanes))])) {
    const Wavefronts wavefronts = count_wavefronts(addresses, lanes, effect.size);
    (is_load ? counters.shared_load_bytes : counters.shared_store_bytes) += bytes;
    counters.shared_wavefronts += wavefronts.needed;
    counters.shared_ideal_wavefronts += wavefronts.ideal;
  } else {
    (is_load ? counters.global_load_bytes : counters.global_store_bytes) += bytes;
    counters.global_sectors += count_sectors(addresses, lanes, effect.size);
  }
}

void CounterObserver::on_async_global(const Warp& warp, const Instruction&, int, uint64_t,
                                      uint64_t bytes, bool is_write) {
  WarpCounters& counters = counters_.warps[warp.id()];
  (is_write ? counters.async_store_bytes : counters.async_load_bytes) += bytes;
}

}  // namespace emulator::trace
