// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/decode.h"
#include "plan/decode_plan.h"
#include "plan/decode_tiles.h"

namespace mla {

// The line that workers cut (device/abi/decode_work.h), of a batch whose requests are all as long
// as they may get.
struct PlannedLine {
  std::int64_t units;            // key tiles and request overheads
  std::int64_t max_workers;      // more would find nothing to do
  std::int64_t longest_stretch;  // units of the busiest worker
};

PlannedLine planned_line(const DecodeProblem& problem, int tile_kv, std::int64_t num_workers);

// The time that a plan would take by a simple model: the slowest of memory, L2, one worker's own
// stream and its matrix products, plus the merge of partial results. It ranks plans; it is no
// measurement.
double modelled_seconds(const DecodePlan& plan, const DecodeTile& tile,
                        const DecodeProblem& problem, const DeviceFacts& device);

}  // namespace mla
