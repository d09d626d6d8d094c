// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cases/case_test.h"
#include "cases/prefill_call.h"

namespace mla::test {
namespace {

MLA_CASE_SUITE(PrefillCases, "prefill");

TEST_P(PrefillCases, AgreeWithDouble) {
  check_prefill_case(GetParam(), cpu_target());
}

}  // namespace
}  // namespace mla::test
