// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "cases/merge_call.h"
#include "mla/prefill.h"
#include "support/case_table.h"
#include "support/prefill_problem.h"
#include "support/target.h"

namespace mla::test {

// Runs one case of the prefill table with the checks that it asks for.
void check_prefill_case(const Case& c, Target& target);

PrefillProblem prefill_problem(const PrefillInputs& inputs, const Case& c);

// What a call writes into results that hold poison; they have as many rows as the query.
Result run_prefill(const PrefillInputs& inputs, const Case& c, bool is_causal, Target& target,
                   bool with_lse = true);

}  // namespace mla::test
