// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/trace/trace_log.h"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

namespace emulator::trace {

TraceLog::~TraceLog() {
  if (!path_.empty()) std::ofstream(path_) << to_json() << '\n';
}

void TraceLog::add(std::vector<Slice> slices) {
  const std::lock_guard lock(mutex_);
  slices_.insert(slices_.end(), std::make_move_iterator(slices.begin()),
                 std::make_move_iterator(slices.end()));
}

// The format of chrome://tracing and Perfetto: a process for each CTA, a thread for each warp.
std::string TraceLog::to_json() const {
  using Json = nlohmann::ordered_json;
  const std::lock_guard lock(mutex_);
  std::map<std::pair<uint64_t, std::string>, size_t> processes;
  Json events = Json::array();
  for (const Slice& slice : slices_) {
    const auto [it, is_new] = processes.try_emplace({slice.grid, slice.cta}, processes.size());
    const size_t process = it->second;
    if (is_new) {
      events.push_back({{"ph", "M"},
                        {"name", "process_name"},
                        {"pid", process},
                        {"args", {{"name", slice.cta}}}});
    }
    events.push_back({{"ph", "X"},
                      {"name", slice.name},
                      {"pid", process},
                      {"tid", slice.warp},
                      {"ts", slice.begin},
                      {"dur", slice.end - slice.begin},
                      {"args", {{"ptx_line", slice.ptx_line}}}});
  }
  return Json{{"traceEvents", events}}.dump();
}

}  // namespace emulator::trace
