// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// Rewrites the coverage table of a Markdown page: write_coverage docs/04_emulator.md
#include <fstream>
#include <iostream>
#include <sstream>

#include "emulator/ptx/coverage.h"

namespace {

constexpr const char* kBegin = "<!-- coverage: begin -->\n";
constexpr const char* kEnd = "<!-- coverage: end -->";

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_coverage PAGE.md\n";
    return 2;
  }
  std::ifstream in(argv[1]);
  std::stringstream text;
  text << in.rdbuf();
  std::string page = text.str();
  const size_t begin = page.find(kBegin);
  const size_t end = page.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos) {
    std::cerr << argv[1] << " has no coverage markers\n";
    return 1;
  }
  const size_t first = begin + std::string(kBegin).size();
  page.replace(first, end - first, emulator::ptx::coverage_markdown());
  std::ofstream(argv[1]) << page;
  return 0;
}
