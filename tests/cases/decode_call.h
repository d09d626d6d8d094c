// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "support/case_table.h"
#include "support/target.h"

namespace mla::test {

// Runs a case of the decode table on a target and expects what float64 says, and whatever else the
// case asks for: the same bits again, without LSE, for each request alone; context parallel against
// the whole.
void check_decode_case(const Case& c, Target& target);

}  // namespace mla::test
