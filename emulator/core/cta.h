// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "emulator/core/async_queue.h"
#include "emulator/core/barrier.h"
#include "emulator/core/grid.h"
#include "emulator/core/observer.h"
#include "emulator/core/shared_memory.h"
#include "emulator/core/warp.h"
#include "emulator/units/mbarrier.h"
#include "emulator/units/register_pool.h"
#include "emulator/units/tensor_core.h"
#include "emulator/units/wgmma_queue.h"

namespace emulator {

namespace check {
class RaceChecker;
}

class Cluster;

// A thread block: its shared memory, its barriers and its warps.
struct Cta {
  Cta(Cluster& owner, uint32_t rank_in_cluster, const Extent& place);

  bool is_finished() const;
  uint32_t num_live_warps() const;

  Cluster& cluster;
  uint32_t rank;  // in the cluster
  Extent id;      // %ctaid
  SharedMemory shared;
  std::array<NamedBarrier, kNumNamedBarriers> barriers;
  std::unordered_map<uint32_t, Mbarrier> mbarriers;  // by offset in shared memory
  // Who last changed the byte count of an mbarrier, for reports.
  std::unordered_map<uint32_t, std::pair<const Warp*, const Instruction*>> byte_counters;
  TensorCore tensor_core;
  RegisterPool register_pool;
  std::vector<WgmmaQueue> wgmma_queues;  // of the warpgroups
  std::vector<std::unique_ptr<Warp>> warps;
  bool has_launched_dependents = false;
};

// CTAs that run together and reach each other's shared memory. A launch without clusters has
// clusters of one CTA.
class Cluster {
 public:
  // `index` counts clusters in the grid, x fastest.
  Cluster(Grid& grid, uint64_t index, Schedule& schedule, AllocationCache& allocations);

  // Runs now or later, as the schedule chooses; earlier work of the pipe always comes first.
  void submit(AsyncQueue::Pipe pipe, AsyncQueue::Operation operation);
  void submit(AsyncQueue::Operation operation) {
    submit(AsyncQueue::kMainPipe, std::move(operation));
  }
  // An operation in two steps on a pipe of its own; others may come between.
  void submit_steps(AsyncQueue::Operation first, AsyncQueue::Operation second);
  // Completes one asynchronous operation of the schedule's choice; false when there is none.
  bool complete_one();

  bool is_finished() const;
  uint32_t num_live_lanes() const;
  Cta* find_cta(uint32_t rank) { return rank < ctas.size() ? ctas[rank].get() : nullptr; }

  Grid& grid;
  Extent id;  // %clusterid
  Schedule& schedule;
  AllocationCache& allocations;
  AsyncQueue async;
  ClusterBarrier barrier;
  TensorOperations tensor_operations;
  std::vector<std::unique_ptr<Cta>> ctas;
  // Set while nothing else can run: the next try_wait gives up, as hardware does after a time.
  bool lets_waits_time_out = false;
  Observer* observer = nullptr;         // sees every instruction; null when nothing watches
  check::RaceChecker* races = nullptr;  // the same, when it is a race checker
};

}  // namespace emulator
