// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/merge_plan.h"

#include <algorithm>
#include <bit>

#include "plan/check_problem.h"
#include "plan/element.h"
#include "plan/vector_elements.h"

namespace mla {

namespace {

constexpr int kMaxLoadBytes = 16;

// Partials whose loads are issued before the first is added. On an H200 four reach 4.46 TB/s of
// float32 partials; eight of bfloat16 cost registers and a fifth of the speed (2026-11).
constexpr std::int64_t kMaxPartialsInFlight = 4;
constexpr std::int64_t kMaxLoadsInFlight = 16;  // of a lane

// The kernel's parameters hold so many partials; a new size is a new kernel.
constexpr int kPartialCapacities[] = {8, 64, 512};

int partial_capacity(std::int64_t num_partials) {
  for (const int capacity : kPartialCapacities) {
    if (num_partials <= capacity) return capacity;
  }
  throw Error(ErrorKind::kNotImplemented, "merge_states", "a GPU kernel takes at most 512 partials",
              std::to_string(num_partials));
}

int partials_in_flight(const MergeConfig& config, std::int64_t num_partials) {
  const std::int64_t vectors = config.head_dim / config.vector_elements;
  const std::int64_t room = kMaxLoadsInFlight / ceil_div(vectors, config.lanes_per_item);
  const std::int64_t most = std::clamp<std::int64_t>(room, 1, kMaxPartialsInFlight);
  return static_cast<int>(std::bit_floor(std::uint64_t(std::min(most, num_partials))));
}

}  // namespace

MergePlan plan_merge(const MergeProblem& problem, const DeviceFacts& device) {
  check_problem(problem);
  check_device(device);
  MergePlan plan;
  MergeConfig& config = plan.config;
  config.partial_dtype = element_type(problem.partial_dtype);
  config.out_dtype = element_type(problem.out_dtype);
  config.head_dim = problem.head_dim;
  const int widest = std::max(size_bytes(problem.partial_dtype), size_bytes(problem.out_dtype));
  config.vector_elements = std::min(kMaxLoadBytes / widest, problem.vector_elements);
  const auto vectors = unsigned(problem.head_dim / config.vector_elements);
  config.lanes_per_item = int(std::min(std::bit_floor(vectors), 32u));
  config.partials_in_flight = partials_in_flight(config, problem.num_partials);
  config.max_partials = partial_capacity(problem.num_partials);
  plan.num_items = problem.num_rows * problem.num_heads;
  check_kernel_items("merge_states", plan.num_items);
  plan.grid.x = ceil_div(plan.num_items, config.items_per_block());
  return plan;
}

}  // namespace mla
