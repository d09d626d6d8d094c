// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cases/case_test.h"
#include "cases/decode_call.h"

namespace mla::test {
namespace {

MLA_CASE_SUITE(DecodeCases, "decode");

TEST_P(DecodeCases, AgreeWithDouble) {
  check_decode_case(GetParam(), cpu_target());
}

}  // namespace
}  // namespace mla::test
