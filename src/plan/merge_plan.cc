// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/merge_plan.h"

#include "plan/check_problem.h"
#include "plan/element.h"
#include "plan/row_blocks.h"

namespace mla {

MergePlan plan_merge(const MergeProblem& problem, const DeviceFacts& device) {
  check_problem(problem);
  check_device(device);
  const std::int64_t bytes_per_row =
      problem.num_partials * problem.head_dim * size_bytes(problem.partial_dtype);
  const RowBlocks blocks = cut_rows(problem.num_rows * problem.num_heads, bytes_per_row, device);
  return {.config = {.partial_dtype = element_type(problem.partial_dtype),
                     .out_dtype = element_type(problem.out_dtype),
                     .head_dim = problem.head_dim,
                     .rows_per_block = blocks.rows_per_block},
          .grid = blocks.grid};
}

}  // namespace mla
