// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "device/abi/prefill_config.h"
#include "mla/prefill.h"
#include "plan/grid.h"

namespace mla {

// What was chosen for a PrefillProblem on a device. A work item is a tile of queries of one head
// and request; blocks stay and take one item after another.
struct PrefillPlan {
  PrefillConfig config;            // what the kernel is compiled for
  std::int64_t max_num_items = 0;  // however the tokens are spread over the requests
  Grid grid;
  double modelled_seconds = 0;  // what the choice was scored by, for requests of equal length
};

// Pure: depends on nothing but its arguments. Throws Error for a problem outside the contract.
PrefillPlan plan_prefill(const PrefillProblem& problem, const DeviceFacts& device);

}  // namespace mla
