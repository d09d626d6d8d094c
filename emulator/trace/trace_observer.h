// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <unordered_map>

#include "emulator/core/grid.h"
#include "emulator/core/observer.h"
#include "emulator/trace/trace_log.h"

namespace emulator::trace {

// Cuts the life of each warp into slices of running and of waiting. The first CTAs of a launch are
// enough to see its pipeline, and keep the file small.
class TraceObserver final : public Observer {
 public:
  TraceObserver(const Grid& grid, TraceLog& log) : grid_(grid), log_(log) {}
  ~TraceObserver() override { log_.add(std::move(slices_)); }

  void after(Warp& warp, const Instruction& instruction, LaneMask lanes, Outcome outcome) override;
  void on_cluster_end(Cluster& cluster) override;

 private:
  struct Open {
    uint64_t begin = 0;
    uint64_t last = 0;  // when the warp was seen last
    bool is_waiting = false;
    int ptx_line = 0;  // where it began
    std::string name;
  };

  bool is_traced(const Warp& warp) const;
  void close(const Warp& warp, Open& open, uint64_t end);

  const Grid& grid_;
  TraceLog& log_;
  uint64_t now_ = 0;
  std::unordered_map<const Warp*, Open> open_;
  std::vector<Slice> slices_;
};

}  // namespace emulator::trace
