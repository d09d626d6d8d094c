// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/kv_pack_plan.h"

#include "plan/check_problem.h"
#include "plan/element.h"
#include "plan/row_blocks.h"

namespace mla {

KvPackPlan plan_kv_pack(const KvPackProblem& problem, const DeviceFacts& device) {
  check_problem(problem);
  check_device(device);
  const std::int64_t bytes_per_row =
      std::int64_t{size_bytes(problem.dtype)} * (problem.nope_dim + problem.v_dim);
  const RowBlocks blocks = cut_rows(problem.num_tokens * problem.num_heads, bytes_per_row, device);
  return {.config = {.dtype = element_type(problem.dtype),
                     .out_dtype = element_type(problem.out_dtype),
                     .nope_dim = problem.nope_dim,
                     .rope_dim = problem.rope_dim,
                     .v_dim = problem.v_dim,
                     .rows_per_block = blocks.rows_per_block},
          .grid = blocks.grid};
}

}  // namespace mla
