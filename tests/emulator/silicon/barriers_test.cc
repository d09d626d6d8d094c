// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/cases.h"
#include "tests/emulator/silicon/recording.h"

int main(int count, char** arguments) {
  using namespace emulator::silicon;
  return compare_or_record(count, arguments, experiments(barrier_cases()),
                           SILICON_RECORDINGS "/barriers.h200.txt");
}
