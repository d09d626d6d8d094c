// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/trace/trace_observer.h"

#include "emulator/core/cta.h"

namespace emulator::trace {
namespace {

constexpr uint64_t kMaxTracedCtas = 8;

std::string name_of(const Warp& warp) {
  const Extent& id = warp.cta().id;
  return warp.program().kernel->name + " (" + std::to_string(id.x) + ", " + std::to_string(id.y) +
         ", " + std::to_string(id.z) + ")";
}

}  // namespace

bool TraceObserver::is_traced(const Warp& warp) const {
  const Extent& id = warp.cta().id;
  const Extent& grid = grid_.launch.grid;
  return id.x + uint64_t{grid.x} * (id.y + uint64_t{grid.y} * id.z) < kMaxTracedCtas;
}

// A slice of running ends when another warp gets its turn; one of waiting when the warp goes on.
void TraceObserver::after(Warp& warp, const Instruction& instruction, LaneMask, Outcome outcome) {
  const bool waits = outcome == Outcome::kStall;
  if (!waits) ++now_;
  if (!is_traced(warp)) return;
  const auto [it, is_new] = open_.try_emplace(&warp);
  Open& open = it->second;
  const bool was_interrupted = !open.is_waiting && now_ > open.last + 1;
  if (is_new || open.is_waiting != waits || was_interrupted) {
    const uint64_t start = waits ? now_ : now_ - 1;
    if (!is_new) close(warp, open, open.is_waiting ? start : open.last);
    open = {start, now_, waits, instruction.line, waits ? instruction.form->text : "run"};
  }
  open.last = now_;
}

void TraceObserver::close(const Warp& warp, Open& open, uint64_t end) {
  if (end <= open.begin) return;
  slices_.push_back(
      {grid_.id, name_of(warp), warp.id(), open.name, open.ptx_line, open.begin, end});
}

void TraceObserver::on_cluster_end(Cluster& cluster) {
  for (const auto& cta : cluster.ctas) {
    for (const auto& warp : cta->warps) {
      const auto it = open_.find(warp.get());
      if (it == open_.end()) continue;
      close(*warp, it->second, it->second.last);
      open_.erase(it);
    }
  }
}

}  // namespace emulator::trace
