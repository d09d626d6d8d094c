// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/runner.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

#include "emulator/core/address_space.h"
#include "emulator/core/cluster_runner.h"

namespace emulator {
namespace {

// Runs the clusters of a launch one after the other; starts another one early when those that run
// might be waiting for it, up to what the device would hold.
class Worker {
 public:
  Worker(Grid& grid, std::atomic<uint64_t>& next_cluster, std::atomic<bool>& stops,
         uint64_t max_resident)
      : grid_(grid),
        next_cluster_(next_cluster),
        stops_(stops),
        max_resident_(max_resident),
        allocations_(grid.allocations),
        instruments_(grid),
        schedule_(make_schedule(grid.options.schedule)) {}

  void run() {
    while (!stops_ && (!active_.empty() || start_cluster())) {
      const bool has_progress = run_round();
      std::erase_if(active_, [](const auto& runner) { return runner->is_finished(); });
      // A warp may spin on memory that a CTA not yet started writes.
      constexpr int kPatience = 8;
      const bool is_slow = ++rounds_since_start_ > kPatience;
      if (!active_.empty() && (is_slow || !has_progress)) start_cluster();
    }
  }

 private:
  bool start_cluster() {
    if (active_.size() >= max_resident_) return false;
    const Extent& cluster = grid_.launch.cluster;
    const uint64_t index = next_cluster_.fetch_add(1);
    if (index >= grid_.launch.grid.count() / cluster.count()) return false;
    active_.push_back(
        std::make_unique<ClusterRunner>(grid_, index, *schedule_, allocations_, instruments_));
    rounds_since_start_ = 0;
    return true;
  }

  bool run_round() {
    bool has_progress = false;
    for (const auto& runner : active_) {
      const uint64_t executed = runner->run_round();
      has_progress |= executed > 0;
      count(executed, *runner);
    }
    return has_progress;
  }

  void count(uint64_t executed, const ClusterRunner& runner) {
    const uint64_t total = grid_.warp_instructions.fetch_add(executed) + executed;
    if (total > grid_.options.max_instructions) runner.fail_over_budget();
  }

  Grid& grid_;
  std::atomic<uint64_t>& next_cluster_;
  std::atomic<bool>& stops_;
  uint64_t max_resident_;
  AllocationCache allocations_;
  Instruments instruments_;
  std::unique_ptr<Schedule> schedule_;
  std::vector<std::unique_ptr<ClusterRunner>> active_;
  int rounds_since_start_ = 0;
};

uint64_t next_grid_id() {
  static std::atomic<uint64_t> next{1};
  return next++;
}

uint32_t num_workers(const RunOptions& options, uint64_t num_clusters) {
  if (make_schedule(options.schedule)->needs_one_worker()) return 1;
  if (options.races != check::RaceLevel::kOff) return 1;  // it follows all warps together
  const uint32_t cores = options.num_workers > 0
                             ? options.num_workers
                             : std::max(1u, std::thread::hardware_concurrency());
  return static_cast<uint32_t>(std::min<uint64_t>(cores, std::max<uint64_t>(1, num_clusters)));
}

}  // namespace

LaunchCounts run_launch(const Launch& launch, const DeviceModel& device, const GlobalMemory& memory,
                        const RunOptions& options) {
  const std::vector<Allocation> allocations = memory.snapshot();
  Grid grid{launch, device, options, allocations, next_grid_id()};
  const uint64_t num_clusters = launch.grid.count() / launch.cluster.count();
  const uint32_t workers = num_workers(options, num_clusters);
  const uint32_t per_sm =
      ctas_per_sm(*launch.program, device, static_cast<uint32_t>(launch.block.count()),
                  launch.dynamic_shared_bytes);
  const uint64_t resident_clusters = per_sm * device.num_sms / launch.cluster.count();
  const uint64_t resident_per_worker = std::max<uint64_t>(1, resident_clusters / workers);

  std::atomic<uint64_t> next_cluster{0};
  std::atomic<bool> stops{false};
  std::mutex mutex;
  std::exception_ptr first_error;
  const auto work = [&] {
    try {
      Worker(grid, next_cluster, stops, resident_per_worker).run();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first_error) first_error = std::current_exception();
      stops = true;
    }
  };
  std::vector<std::thread> threads;
  for (uint32_t i = 1; i < workers; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (first_error) std::rethrow_exception(first_error);
  return {grid.warp_instructions, launch.grid.count()};
}

uint32_t ctas_per_sm(const Program& program, const DeviceModel& device, uint32_t threads_per_cta,
                     uint32_t dynamic_shared_bytes) {
  const uint32_t shared =
      std::max(program.static_shared_end, program.dynamic_shared_begin + dynamic_shared_bytes);
  if (threads_per_cta == 0 || threads_per_cta > device.max_threads_per_cta) return 0;
  if (shared - kReservedSharedBytes > device.max_shared_bytes_per_cta) return 0;
  return std::min({device.max_ctas_per_sm, device.max_threads_per_sm / threads_per_cta,
                   device.shared_bytes_per_sm / std::max(1u, shared)});
}

}  // namespace emulator
