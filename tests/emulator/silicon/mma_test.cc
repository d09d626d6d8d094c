// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/cases.h"
#include "tests/emulator/silicon/matrix_cases.h"
#include "tests/emulator/silicon/recording.h"

int main(int count, char** arguments) {
  using namespace emulator::silicon;
  std::vector<SiliconCase> all;
  for (const auto& make : {warp_mma_cases, integer_wgmma_cases, division_cases}) {
    for (SiliconCase& one : make()) all.push_back(std::move(one));
  }
  return compare_or_record(count, arguments, experiments(all), SILICON_RECORDINGS "/mma.h200.txt");
}
