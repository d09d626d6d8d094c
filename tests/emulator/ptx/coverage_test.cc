// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/coverage.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace emulator::ptx {
namespace {

TEST(Coverage, ThePageShowsTheTable) {
  std::ifstream file(EMULATOR_DOCS_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_NE(page.str().find(coverage_markdown()), std::string::npos)
      << "run write_coverage docs/04_emulator.md";
}

}  // namespace
}  // namespace emulator::ptx
