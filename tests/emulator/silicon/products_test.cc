// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/matrix_cases.h"
#include "tests/emulator/silicon/recording.h"

int main(int count, char** arguments) {
  using namespace emulator::silicon;
  std::vector<SiliconCase> all;
  for (const auto& make : {wgmma_cases, matrix_load_cases, conversion_cases}) {
    for (SiliconCase& one : make()) all.push_back(std::move(one));
  }
  return compare_or_record(count, arguments, experiments(all),
                           SILICON_RECORDINGS "/products.h200.txt");
}
