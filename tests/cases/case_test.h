// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include "support/case_table.h"

// One test for each quick case of an op's table: TEST_P(suite, ...) gets it from GetParam().
#define MLA_CASE_SUITE(suite, op)                                            \
  class suite : public testing::TestWithParam<::mla::test::Case> {};         \
  INSTANTIATE_TEST_SUITE_P(                                                  \
      Quick, suite, testing::ValuesIn(::mla::test::load_cases(op, "quick")), \
      [](const auto& param) { return ::mla::test::test_name(param.param, param.index); })
