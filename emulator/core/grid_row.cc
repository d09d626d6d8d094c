// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/grid_row.h"

namespace emulator {

GridRow::GridRow(std::vector<Launch> launches, const DeviceModel& device,
                 const GlobalMemory& memory, const RunOptions& options)
    : launches_(std::move(launches)),
      device_(device),
      memory_(memory),
      options_(options),
      runs_(launches_.size()) {}

void GridRow::run() {
  for (size_t position = 0; position < launches_.size(); ++position) {
    // Everything in front is complete; what comes next may begin before this grid goes on.
    start_early(position + 1);
    LaunchRun& run = runs_[position] ? *runs_[position] : make_run(position);
    if (!run.is_complete()) run.run_to_end();
  }
}

void GridRow::start_early(size_t position) {
  for (; position < launches_.size(); ++position) {
    if (!runs_[position]) {
      const LaunchRun* in_front = runs_[position - 1].get();
      make_run(position).run_ahead(in_front && in_front->is_complete());
    }
    if (!runs_[position]->has_launched_dependents()) return;
  }
}

LaunchRun& GridRow::make_run(size_t position) {
  GridOrder order;
  order.is_early = position > 0;
  order.position = static_cast<uint32_t>(position);
  order.early_accesses = &early_accesses_;
  runs_[position] =
      std::make_unique<LaunchRun>(launches_[position], device_, memory_, options_, order);
  return *runs_[position];
}

}  // namespace emulator
