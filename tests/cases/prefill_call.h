// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "support/case_table.h"
#include "support/target.h"

namespace mla::test {

// Runs one case of the prefill table with the checks that it asks for.
void check_prefill_case(const Case& c, Target& target);

}  // namespace mla::test
