// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "cases/merge_call.h"
#include "mla/decode.h"
#include "support/case_table.h"
#include "support/decode_problem.h"
#include "support/target.h"

namespace mla::test {

// Runs a case of the decode table on a target and expects what float64 says, and whatever else the
// case asks for: the same bits again, without LSE, for each request alone; context parallel against
// the whole.
void check_decode_case(const Case& c, Target& target);

// What a case's call is planned for, and what it writes.
DecodeProblem decode_problem(const DecodeInputs& inputs, const Case& c, bool with_lse = true);
Result run_decode(const DecodeInputs& inputs, const Case& c, Target& target, bool with_lse = true);

}  // namespace mla::test
