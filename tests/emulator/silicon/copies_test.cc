// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/cases.h"
#include "tests/emulator/silicon/recording.h"

int main(int count, char** arguments) {
  using namespace emulator::silicon;
  std::vector<SiliconCase> all;
  for (const auto& make : {tensor_map_cases, tensor_load_cases, tensor_store_cases, bulk_copy_cases,
                           cluster_copy_cases}) {
    for (SiliconCase& one : make()) all.push_back(std::move(one));
  }
  return compare_or_record(count, arguments, experiments(all),
                           SILICON_RECORDINGS "/copies.h200.txt");
}
