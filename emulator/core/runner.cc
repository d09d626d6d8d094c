// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/runner.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

#include "emulator/core/address_space.h"

namespace emulator {
namespace {

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

LaunchRun::LaunchRun(Launch launch, const DeviceModel& device, const GlobalMemory& memory,
                     const RunOptions& options, const GridOrder& order)
    : launch_(std::move(launch)),
      allocations_(memory.snapshot()),
      grid_{launch_, device, options, allocations_, order, next_grid_id()},
      share_{grid_} {
  const uint64_t num_clusters = launch_.grid.count() / launch_.cluster.count();
  num_workers_ = num_workers(options, num_clusters);
  const uint32_t per_sm =
      ctas_per_sm(*launch_.program, device, static_cast<uint32_t>(launch_.block.count()),
                  launch_.dynamic_shared_bytes);
  const uint64_t resident_clusters = per_sm * device.num_sms / launch_.cluster.count();
  const uint64_t resident_per_worker = std::max<uint64_t>(1, resident_clusters / num_workers_);
  // One worker alone runs ahead; it holds as many clusters as the device.
  workers_.push_back(std::make_unique<Worker>(
      share_, order.is_early ? std::max<uint64_t>(1, resident_clusters) : resident_per_worker));
  for (uint32_t i = 1; i < num_workers_; ++i) {
    workers_.push_back(std::make_unique<Worker>(share_, resident_per_worker));
  }
}

void LaunchRun::run_ahead(bool is_next_complete) {
  grid_.dependencies_are_complete = is_next_complete;
  grid_.runs_ahead = true;
  workers_.front()->run();
  grid_.runs_ahead = false;
}

bool LaunchRun::has_launched_dependents() const {
  return grid_.num_ctas_past_trigger == launch_.grid.count();
}

bool LaunchRun::is_complete() const {
  return grid_.num_ctas_ended == launch_.grid.count();
}

LaunchCounts LaunchRun::run_to_end() {
  grid_.dependencies_are_complete = true;
  std::mutex mutex;
  std::exception_ptr first_error;
  const auto work = [&](Worker& worker) {
    try {
      worker.run();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first_error) first_error = std::current_exception();
      share_.stops = true;
    }
  };
  std::vector<std::thread> threads;
  for (uint32_t i = 1; i < num_workers_; ++i) threads.emplace_back(work, std::ref(*workers_[i]));
  work(*workers_.front());
  for (std::thread& thread : threads) thread.join();
  if (first_error) std::rethrow_exception(first_error);
  return {grid_.warp_instructions, launch_.grid.count()};
}

LaunchCounts run_launch(const Launch& launch, const DeviceModel& device, const GlobalMemory& memory,
                        const RunOptions& options) {
  return LaunchRun(launch, device, memory, options).run_to_end();
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
