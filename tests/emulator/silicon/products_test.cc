// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/emulator/silicon/matrix_cases.h"
#include "tests/emulator/silicon/recording.h"

// products_test                            compares the driver at hand with the recording
// products_test --record FILE [BYTES] [PREFIX]
//     makes one, keeps the outputs themselves, and only runs cases whose names begin so
namespace emulator::silicon {
namespace {

std::vector<SiliconCase> all_cases() {
  std::vector<SiliconCase> all;
  for (const auto& make : {wgmma_cases, matrix_load_cases, conversion_cases}) {
    for (SiliconCase& one : make()) all.push_back(std::move(one));
  }
  return all;
}

class Products : public testing::TestWithParam<SiliconCase> {};

TEST_P(Products, AreThoseOfHardware) {
  static const Recording recording = read_recording(SILICON_RECORDINGS "/products.h200.txt");
  const auto expected = recording.find(GetParam().name);
  ASSERT_NE(expected, recording.end()) << "not recorded yet";
  EXPECT_EQ(run(GetParam()).digest, expected->second);
}

INSTANTIATE_TEST_SUITE_P(All, Products, testing::ValuesIn(all_cases()), [](const auto& one) {
  std::string name = one.param.name;
  for (char& c : name) {
    if (c == '.') c = '_';
  }
  return name;
});

}  // namespace
}  // namespace emulator::silicon

int main(int count, char** arguments) {
  using namespace emulator::silicon;
  if (count > 2 && std::string(arguments[1]) == "--record") {
    const std::string prefix = count > 4 ? arguments[4] : "";
    std::vector<SiliconCase> cases = all_cases();
    std::erase_if(cases, [&](const SiliconCase& one) { return !one.name.starts_with(prefix); });
    record(cases, arguments[2], count > 3 ? arguments[3] : "");
    return 0;
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
