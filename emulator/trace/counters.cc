// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/trace/counters.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace emulator::trace {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Extent& extent) {
  return {extent.x, extent.y, extent.z};
}

Json to_json(const WarpCounters& counters) {
  Json pipes;
  for (size_t pipe = 0; pipe < kNumPipes; ++pipe) {
    const uint64_t count = counters.warp_instructions[pipe];
    if (count > 0) pipes[pipe_name(static_cast<Pipe>(pipe))] = count;
  }
  return {{"warp_instructions", pipes},
          {"thread_instructions", counters.thread_instructions},
          {"global_load_bytes", counters.global_load_bytes},
          {"global_store_bytes", counters.global_store_bytes},
          {"global_sectors", counters.global_sectors},
          {"shared_load_bytes", counters.shared_load_bytes},
          {"shared_store_bytes", counters.shared_store_bytes},
          {"shared_wavefronts", counters.shared_wavefronts},
          {"shared_ideal_wavefronts", counters.shared_ideal_wavefronts},
          {"async_load_bytes", counters.async_load_bytes},
          {"async_store_bytes", counters.async_store_bytes},
          {"barrier_waits", counters.barrier_waits},
          {"tensor_instructions", counters.tensor_instructions}};
}

Json to_json(const LaunchCounters& launch) {
  std::map<std::vector<bool>, std::pair<std::vector<size_t>, WarpCounters>> roles;
  for (size_t warp = 0; warp < launch.warps.size(); ++warp) {
    auto& [warps, sum] = roles[launch.warps[warp].has_run];
    warps.push_back(warp);
    sum.add(launch.warps[warp]);
  }
  std::map<size_t, Json> by_first_warp;
  for (const auto& [has_run, role] : roles) {
    Json entry = {{"warps", role.first}};
    entry.update(to_json(role.second));
    by_first_warp[role.first.front()] = entry;
  }
  Json list = Json::array();
  for (const auto& [first, entry] : by_first_warp) list.push_back(entry);
  return {{"kernel", launch.kernel},
          {"grid", to_json(launch.grid)},
          {"block", to_json(launch.block)},
          {"cluster", to_json(launch.cluster)},
          {"roles", list}};
}

}  // namespace

void WarpCounters::add(const WarpCounters& other) {
  for (size_t pipe = 0; pipe < kNumPipes; ++pipe) {
    warp_instructions[pipe] += other.warp_instructions[pipe];
  }
  thread_instructions += other.thread_instructions;
  global_load_bytes += other.global_load_bytes;
  global_store_bytes += other.global_store_bytes;
  global_sectors += other.global_sectors;
  shared_load_bytes += other.shared_load_bytes;
  shared_store_bytes += other.shared_store_bytes;
  shared_wavefronts += other.shared_wavefronts;
  shared_ideal_wavefronts += other.shared_ideal_wavefronts;
  async_load_bytes += other.async_load_bytes;
  async_store_bytes += other.async_store_bytes;
  barrier_waits += other.barrier_waits;
  for (const auto& [opcode, count] : other.tensor_instructions) {
    tensor_instructions[opcode] += count;
  }
  has_run.resize(std::max(has_run.size(), other.has_run.size()));
  for (size_t i = 0; i < other.has_run.size(); ++i) has_run[i] = has_run[i] || other.has_run[i];
}

CounterLog::~CounterLog() {
  if (!path_.empty()) std::ofstream(path_) << to_json() << '\n';
}

void CounterLog::add(uint64_t grid_id, const LaunchCounters& counters) {
  const std::lock_guard lock(mutex_);
  const auto [it, is_new] = launches_.try_emplace(grid_id, counters);
  if (is_new) return;
  for (size_t warp = 0; warp < counters.warps.size(); ++warp) {
    it->second.warps[warp].add(counters.warps[warp]);
  }
}

std::string CounterLog::to_json() const {
  const std::lock_guard lock(mutex_);
  Json launches = Json::array();
  for (const auto& [id, launch] : launches_) launches.push_back(trace::to_json(launch));
  return Json{{"launches", launches}}.dump(1);
}

}  // namespace emulator::trace
