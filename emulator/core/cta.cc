// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/cta.h"

#include <algorithm>

namespace emulator {
namespace {

uint32_t shared_end(const Launch& launch) {
  const Program& program = *launch.program;
  return std::max(program.static_shared_end,
                  program.dynamic_shared_begin + launch.dynamic_shared_bytes);
}

// The lanes of warp `index` that hold threads; the last warp of a block may be partly empty.
LaneMask populated_lanes(uint64_t num_threads, uint64_t index) {
  const uint64_t rest = num_threads - index * kWarpSize;
  return rest >= kWarpSize ? kAllLanes : (LaneMask{1} << rest) - 1;
}

uint32_t count_warps(const Launch& launch) {
  return static_cast<uint32_t>((launch.block.count() + kWarpSize - 1) / kWarpSize);
}

uint32_t registers_per_thread(const Launch& launch) {
  return launch_registers(*launch.program->kernel, static_cast<uint32_t>(launch.block.count()));
}

Extent unflatten(uint64_t index, const Extent& extent) {
  return {static_cast<uint32_t>(index % extent.x),
          static_cast<uint32_t>(index / extent.x % extent.y),
          static_cast<uint32_t>(index / extent.x / extent.y)};
}

}  // namespace

Cta::Cta(Cluster& owner, uint32_t rank_in_cluster, const Extent& place)
    : cluster(owner),
      rank(rank_in_cluster),
      id(place),
      shared(shared_end(owner.grid.launch)),
      register_pool(count_warps(owner.grid.launch), registers_per_thread(owner.grid.launch)) {
  const uint64_t num_threads = owner.grid.launch.block.count();
  const uint32_t num_warps = count_warps(owner.grid.launch);
  wgmma_queues.resize(num_warps / kWarpgroupWarps);
  for (uint32_t i = 0; i < num_warps; ++i) {
    warps.push_back(
        std::make_unique<Warp>(*this, owner.grid.program(), i, populated_lanes(num_threads, i)));
    warps.back()->num_registers = registers_per_thread(owner.grid.launch);
  }
}

bool Cta::is_finished() const {
  return std::ranges::all_of(warps, [](const auto& warp) { return warp->is_finished(); });
}

uint32_t Cta::num_live_warps() const {
  return static_cast<uint32_t>(
      std::ranges::count_if(warps, [](const auto& warp) { return !warp->is_finished(); }));
}

Cluster::Cluster(Grid& owner, uint64_t index, Schedule& policy, AllocationCache& cache)
    : grid(owner), schedule(policy), allocations(cache) {
  const Extent& grid_size = grid.launch.grid;
  const Extent& size = grid.launch.cluster;
  id = unflatten(index, {grid_size.x / size.x, grid_size.y / size.y, grid_size.z / size.z});
  for (uint32_t rank = 0; rank < size.count(); ++rank) {
    const Extent place = unflatten(rank, size);
    ctas.push_back(std::make_unique<Cta>(
        *this, rank,
        Extent{id.x * size.x + place.x, id.y * size.y + place.y, id.z * size.z + place.z}));
  }
  // Rows that hold special registers need the whole cluster to be known.
  for (const auto& cta : ctas) {
    for (const auto& warp : cta->warps) warp->fill_initial_rows();
  }
}

void Cluster::submit(AsyncQueue::Pipe pipe, AsyncQueue::Operation operation) {
  const bool runs_now = async.is_empty(pipe) && schedule.completes_at_issue();
  async.submit(pipe, std::move(operation));
  if (runs_now) async.complete_first(pipe);
}

void Cluster::submit_steps(AsyncQueue::Operation first, AsyncQueue::Operation second) {
  const AsyncQueue::Pipe pipe = async.new_pipe();
  submit(pipe, [this, pipe, first = std::move(first), second = std::move(second)] {
    first();
    submit(pipe, second);
  });
}

bool Cluster::complete_one() {
  return async.complete_one([this](size_t count) { return schedule.choose(count); });
}

bool Cluster::is_finished() const {
  return std::ranges::all_of(ctas, [](const auto& cta) { return cta->is_finished(); });
}

uint32_t Cluster::num_live_lanes() const {
  uint32_t count = 0;
  for (const auto& cta : ctas) {
    for (const auto& warp : cta->warps) {
      count += static_cast<uint32_t>(num_lanes(warp->live_lanes()));
    }
  }
  return count;
}

}  // namespace emulator
