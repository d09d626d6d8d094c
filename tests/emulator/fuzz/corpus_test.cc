// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/emulator/fuzz/load_any_text.h"

// What the fuzzer starts from, what it found, and simple damage to both.
namespace emulator::ptx {
namespace {

std::vector<std::string> texts_in(const char* folder) {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::stringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

TEST(FuzzCorpus, SeedsAreModules) {
  const auto seeds = texts_in(EMULATOR_FUZZ_FOLDER "/seeds");
  ASSERT_FALSE(seeds.empty());
  for (const std::string& text : seeds) EXPECT_TRUE(load_any_text(text)) << text;
}

TEST(FuzzCorpus, RegressionsAreRefused) {
  for (const std::string& text : texts_in(EMULATOR_FUZZ_FOLDER "/regressions")) {
    EXPECT_FALSE(load_any_text(text)) << text;
  }
}

TEST(FuzzCorpus, DamagedSeedsAreModulesOrRefused) {
  int num_refused = 0;
  for (const std::string& text : texts_in(EMULATOR_FUZZ_FOLDER "/seeds")) {
    for (size_t at = 0; at < text.size(); ++at) {
      num_refused += !load_any_text(text.substr(0, at));
      num_refused += !load_any_text(text.substr(0, at) + text.substr(at + 1));
    }
  }
  EXPECT_GT(num_refused, 1000);
}

}  // namespace
}  // namespace emulator::ptx
